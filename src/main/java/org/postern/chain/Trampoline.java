package org.postern.chain;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.postern.os.Descriptor;
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

    /**
     * The same chain for a parent whose child, between fork and exec, ends with this code where the program cannot be
     * run: qmail-popup's has 1, where 111 is usual.
     */
    public Chain endingWhereNotRun(int code) {
        return first -> run(first, first.identity(), code);
    }

    /** Runs a chain whose first program has other rights than this thread. */
    Ended run(Tool.Invocation first, Identity ofThread) {
        return run(first, ofThread, 111);
    }

    private Ended run(Tool.Invocation first, Identity ofThread, int codeWhereNotRun) {
        Tool.Exit.CannotRun otherwise = why -> {
            first.fds().log().line(first.args().program() + ": fatal: unable to run: " + Errno.djbText(why));
            return Tool.Exit.code(codeWhereNotRun);
        };
        Programs.Found found;
        try {
            found = programs.find(first.args().program(), first.env(), first.cwd());
        } catch (IOException e) {
            otherwise.exit(e);
            return new Ended.Exited(codeWhereNotRun);
        }
        Step step = new Step(first, found, otherwise);
        return first.identity().equals(ofThread) ? follow(step) : as(step);
    }

    /**
     * A program about to run, found already: a parent that must say itself when it is not there finds it first.
     *
     * @param otherwise what is done when it cannot be started, though it is there
     */
    public record Step(Tool.Invocation call, Programs.Found found, Tool.Exit.CannotRun otherwise) {}

    /** Runs the chain from a program that was found. */
    public Ended follow(Step first) {
        // What a process opens is closed by its end; here nobody ends.
        Set<Integer> opened = new HashSet<>();
        try {
            return follow(first, opened);
        } finally {
            opened.forEach(Descriptor::close);
        }
    }

    private Ended follow(Step first, Set<Integer> opened) {
        Step step = first;
        while (true) {
            Tool.Invocation call = step.call;
            Tool.Exit exit;
            switch (step.found) {
                case Programs.Found.Foreign foreign -> {
                    try {
                        return children.run(foreign.file(), call, this);
                    } catch (IOException e) {
                        exit = step.otherwise.exit(e);
                    }
                }
                case Programs.Found.Ours ours -> exit = exit(ours.tool(), call);
            }
            switch (exit) {
                case Tool.Exit.Code code -> {
                    return new Ended.Exited(code.value());
                }
                case Tool.Exit.Exec exec -> {
                    opened.addAll(numbers(exec.kept()));
                    opened.removeAll(numbers(first.call.fds()));
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

    /** Those of this process. */
    private static Set<Integer> numbers(Descriptors fds) {
        Set<Integer> numbers = new HashSet<>();
        for (Descriptors.Other other : fds.others().values()) {
            if (other instanceof Descriptors.Other.Open open) {
                numbers.add(open.descriptor());
            }
        }
        return numbers;
    }

    private sealed interface Found {}

    private record Next(Step step) implements Found {}

    private record Nothing(int code) implements Found {}

    /**
     * The next program of the chain, or how the one that wanted it ends without. It is looked for in the PATH of the one
     * that becomes it, as pathexec_run does: envdir's own change of PATH is for the program alone.
     */
    private Found next(Tool.Invocation from, Tool.Exit.Exec exec) {
        Tool.Exit.Exec wanted = exec;
        while (true) {
            Tool.Invocation call = new Tool.Invocation(
                    wanted.argv(), wanted.env(), wanted.cwd(), wanted.identity(), wanted.kept(), from.id());
            try {
                return new Next(new Step(
                        call, programs.find(wanted.argv().program(), from.env(), wanted.cwd()), wanted.otherwise()));
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
