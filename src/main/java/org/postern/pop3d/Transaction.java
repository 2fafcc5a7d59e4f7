package org.postern.pop3d;

import java.io.InputStream;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.postern.maildir.Maildrop;
import org.postern.pop3d.Command.Argument;

/** What each command means in the TRANSACTION state (RFC 1939 §5). Opens messages, and changes nothing. */
record Transaction(Maildrop maildrop, List<String> capabilities) {
    private static final Reply SYNTAX = Reply.err("syntax error");

    /**
     * What the session knows beside the maildrop. Each value stays as it is; a command leads to another.
     *
     * @param deleted marked by DELE
     * @param retrieved sent in full
     * @param last the highest number that DELE was said of, as qmail-pop3d's LAST has it
     */
    record State(BitSet deleted, BitSet retrieved, int last) {
        static final State START = new State(new BitSet(), new BitSet(), 0);

        State deleting(int index) {
            return new State(with(deleted, index), retrieved, Math.max(last, index + 1));
        }

        State retrieving(int index) {
            return new State(deleted, with(retrieved, index), last);
        }

        State reset() {
            return new State(new BitSet(), retrieved, 0);
        }

        private static BitSet with(BitSet set, int index) {
            if (set.get(index)) {
                return set;
            }
            BitSet larger = (BitSet) set.clone();
            larger.set(index);
            return larger;
        }
    }

    /** What is to be done about a command. */
    sealed interface Step {}

    record Say(Reply reply, State next) implements Step {}

    record SayLines(Iterable<String> lines, State next) implements Step {}

    record Send(InputStream message, long bodyLines, State next) implements Step {}

    record Update(BitSet deleted, BitSet retrieved) implements Step {}

    /** In RFC 1939's order. */
    Step step(State state, Command command) {
        return switch (command) {
            case Command.Stat _ -> new Say(stat(state), state);
            case Command.List c ->
                listing(state, c.message(), i -> maildrop.message(i).octets());
            case Command.Retr c ->
                onMessage(state, c.message(), i -> send(i, Long.MAX_VALUE, state, state.retrieving(i)));
            case Command.Dele c -> onMessage(state, c.message(), i -> new Say(Reply.OK, state.deleting(i)));
            case Command.Noop _ -> new Say(Reply.OK, state);
            case Command.Rset _ -> new Say(Reply.OK, state.reset());
            case Command.Quit _ -> new Update(state.deleted, state.retrieved);
            case Command.Top c -> top(state, c);
            case Command.Uidl c ->
                listing(state, c.message(), i -> maildrop.message(i).uid());
            case Command.Last _ -> new Say(Reply.ok(Integer.toString(state.last)), state);
            case Command.Capa _ -> new SayLines(capabilities, state);
            case Command.TooLong _ -> new Say(Reply.err("line too long"), state);
            case Command.User _, Command.Pass _, Command.Apop _, Command.Stls _, Command.Auth _, Command.Unknown _ ->
                new Say(Reply.err("unimplemented"), state);
        };
    }

    private IntStream present(State state) {
        return IntStream.range(0, maildrop.size()).filter(i -> !state.deleted.get(i));
    }

    private Reply stat(State state) {
        long octets =
                present(state).mapToLong(i -> maildrop.message(i).octets()).sum();
        return Reply.ok((maildrop.size() - state.deleted.cardinality()) + " " + octets);
    }

    /** LIST and UIDL: of one message, or of all that are not deleted. */
    private Step listing(State state, Argument argument, IntFunction<Object> column) {
        IntFunction<String> line = i -> (i + 1) + " " + column.apply(i);
        return argument instanceof Argument.None
                ? new SayLines(() -> present(state).mapToObj(line).iterator(), state)
                : onMessage(state, argument, i -> new Say(Reply.ok(line.apply(i)), state));
    }

    private Step top(State state, Command.Top command) {
        return command.lines() instanceof Argument.Value(long lines)
                ? onMessage(state, command.message(), i -> send(i, lines, state, state))
                : new Say(SYNTAX, state);
    }

    private Step send(int index, long bodyLines, State before, State after) {
        Optional<InputStream> message = maildrop.read(index);
        return message.isPresent()
                ? new Send(message.get(), bodyLines, after)
                : new Say(Reply.err("unable to open that message"), before);
    }

    /** The step for the message of that number, or what is wrong with the number. */
    private Step onMessage(State state, Argument argument, IntFunction<Step> step) {
        return switch (argument) {
            case Argument.None _, Argument.NotANumber _ -> new Say(SYNTAX, state);
            case Argument.Value(long number)
            when number == 0 -> new Say(Reply.err("messages are counted from 1"), state);
            case Argument.Value(long number)
            when number > maildrop.size() -> new Say(Reply.err("not that many messages"), state);
            case Argument.Value(long number)
            when state.deleted.get((int) number - 1) -> new Say(Reply.err("already deleted"), state);
            case Argument.Value(long number) -> step.apply((int) number - 1);
        };
    }
}
