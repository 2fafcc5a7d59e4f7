package org.postern.tool;

import java.util.List;
import org.postern.chain.Tool;

/**
 * usage: bouncesaying error [ program [ arg ... ] ], in a .qmail file. Bounces the message with that error, where the
 * program says so. See docs/programs/bouncesaying.md.
 */
public final class Bouncesaying implements Tool {
    private final Condition condition;

    Bouncesaying(Subprogram subprogram) {
        condition = new Condition(subprogram);
    }

    @Override
    public Exit run(Invocation call) {
        List<String> arguments = call.args().arguments();
        if (arguments.isEmpty()) {
            call.fds().log().line("bouncesaying: usage: bouncesaying error [ program [ arg ... ] ]");
            return Exit.code(100);
        }
        List<String> program = arguments.subList(1, arguments.size());
        return switch (program.isEmpty() ? Condition.Answer.YES : condition.ask(call, "bouncesaying", program)) {
            case YES -> {
                call.fds().log().line(arguments.getFirst());
                yield Exit.code(100);
            }
            case NO -> Exit.code(0);
            case LATER -> Exit.code(111);
        };
    }
}
