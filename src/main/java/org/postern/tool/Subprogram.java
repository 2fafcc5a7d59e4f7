package org.postern.tool;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.postern.chain.Ended;
import org.postern.chain.Programs;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.os.Errno;

/** How bouncesaying, condredirect, except and preline run the program that stands in their arguments. */
@FunctionalInterface
interface Subprogram {
    /** Runs what the call's args name, found as execvp(3) would, and waits for its end. */
    Outcome run(Tool.Invocation call);

    /** How it went. */
    sealed interface Outcome {
        record Exited(int code) implements Outcome {}

        /** A signal ended it. */
        record Crashed() implements Outcome {}

        /** @param forGood whether another try is of no use: there is no such program, or it must not be run */
        record CannotRun(boolean forGood, String why) implements Outcome {}
    }

    /** @param chain one that takes no argument of a foreign program for the next program: it may be any word */
    static Subprogram by(Programs programs, Trampoline chain) {
        return call -> {
            AtomicReference<IOException> failure = new AtomicReference<>();
            try {
                Programs.Found found = programs.find(call.args().program(), call.env(), call.cwd());
                Ended ended = chain.follow(new Trampoline.Step(call, found, why -> {
                    failure.set(why);
                    return Tool.Exit.code(111);
                }));
                IOException why = failure.get();
                if (why != null) {
                    return cannotRun(why);
                }
                return switch (ended) {
                    case Ended.Exited exited -> new Outcome.Exited(exited.code());
                    case Ended.Signalled _ -> new Outcome.Crashed();
                };
            } catch (IOException e) {
                return cannotRun(e);
            }
        };
    }

    private static Outcome cannotRun(IOException why) {
        boolean forGood = switch (Errno.of(why)) {
            case ENOENT, EACCES, EPERM, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, ENOEXEC, E2BIG, EINVAL -> true;
            case null, default -> false;
        };
        return new Outcome.CannotRun(forGood, Errno.djbText(why));
    }
}
