package org.postern.chain;

import java.io.IOException;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.ThreadIdentity;

/**
 * Performs each Exec of a chain as its parent sees it: our programs run here, one after the other on one thread and one
 * connection; a foreign one is a child process, and where it goes on to one of ours, that runs here again.
 */
public final class Trampoline implements Chain {
    private final Programs programs;
    private final Children children;

    public Trampoline(Programs programs, Children children) {
        this.programs = programs;
        this.children = children;
    }

    @Override
    public Ended run(Tool.Invocation first) {
        return run(first, first.identity());
    }

    /** Runs a chain whose first program has other rights than this thread. */
    Ended run(Tool.Invocation first, Identity ofThread) {
        Programs.Found found;
        try {
            found = programs.find(first.args().program(), first.env(), first.cwd());
        } catch (IOException e) {
            first.fds().log().line(first.args().program() + ": fatal: unable to run: " + Errno.djbText(e));
            return new Ended.Exited(111);
        }
        Step step = new Step(first, found);
        return first.identity().equals(ofThread) ? follow(step) : as(step);
    }

    /** A program about to run, found already: a parent that must say itself when it is not there finds it first. */
    public record Step(Tool.Invocation call, Programs.Found found) {}

    /** Runs the chain from a program that was found. */
    public Ended follow(Step first) {
        Step step = first;
        while (true) {
            Tool.Invocation call = step.call;
            switch (step.found) {
                case Programs.Found.Foreign foreign -> {
                    return children.run(foreign.file(), call, this);
                }
                case Programs.Found.Ours ours -> {
                    switch (exit(ours.tool(), call)) {
                        case Tool.Exit.Code code -> {
                            return new Ended.Exited(code.value());
                        }
                        case Tool.Exit.Exec exec -> {
                            Found next = next(call, exec);
                            if (next instanceof Nothing nothing) {
                                return new Ended.Exited(nothing.code);
                            }
                            step = ((Next) next).step;
                            call.fds().becoming(step.call.fds());
                            if (!exec.identity().equals(call.identity())) {
                                return as(step);
                            }
                        }
                    }
                }
            }
        }
    }

    private sealed interface Found {}

    private record Next(Step step) implements Found {}

    private record Nothing(int code) implements Found {}

    /** The next program of the chain, or how the one that wanted it ends without. */
    private Found next(Tool.Invocation from, Tool.Exit.Exec exec) {
        Tool.Exit.Exec wanted = exec;
        while (true) {
            Tool.Invocation call = new Tool.Invocation(
                    wanted.argv(), wanted.env(), wanted.cwd(), wanted.identity(), wanted.kept(), from.id());
            try {
                return new Next(new Step(call, programs.find(wanted.argv().program(), wanted.env(), wanted.cwd())));
            } catch (IOException e) {
                switch (wanted.otherwise().exit(e)) {
                    case Tool.Exit.Code code -> {
                        return new Nothing(code.value());
                    }
                    case Tool.Exit.Exec other -> wanted = other;
                }
            }
        }
    }

    /** The rest of the chain with another user's rights: on a thread that carries them. */
    private Ended as(Step step) {
        if (!ThreadIdentity.changes(step.call.identity())) {
            return cannotTake(step.call, "only root can become another user");
        }
        try {
            return ThreadIdentity.as(step.call.identity(), () -> follow(step));
        } catch (Exception e) {
            return cannotTake(step.call, String.valueOf(e.getMessage()));
        }
    }

    private static Ended cannotTake(Tool.Invocation call, String why) {
        call.fds()
                .log()
                .line(name(call) + ": fatal: unable to take uid "
                        + call.identity().uid() + ": " + why);
        return new Ended.Exited(111);
    }

    /** A tool's exit; what it did not foresee is logged and ends it with 111, as a crash of one program would not end others. */
    static Tool.Exit exit(Tool tool, Tool.Invocation call) {
        try {
            return tool.run(call);
        } catch (IOException e) {
            call.fds().log().line(name(call) + ": fatal: " + Errno.djbText(e));
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            StackTraceElement[] at = e.getStackTrace();
            call.fds().log().line(name(call) + ": fatal: internal error: " + e + (at.length > 0 ? " at " + at[0] : ""));
        }
        return Tool.Exit.code(111);
    }

    private static String name(Tool.Invocation call) {
        String program = call.args().program();
        return program.substring(program.lastIndexOf('/') + 1);
    }
}
