package org.postern.chain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.postern.os.Descriptor;
import org.postern.os.ThisProcess;

/**
 * The chain that this process itself is: one of our programs under somebody else's tcpserver, or at the head of a line
 * of the recipe. A foreign program replaces the process, by execve; another user's rights are taken for good.
 */
public final class Becoming {
    private final Programs programs;

    public Becoming(Programs programs) {
        this.programs = programs;
    }

    /** Runs the tool and what it becomes. Returns the exit code, if the process is still ours at the end. */
    public int run(Tool tool, Tool.Invocation first) {
        Tool current = tool;
        Tool.Invocation call = first;
        while (true) {
            switch (Trampoline.exit(current, call)) {
                case Tool.Exit.Code code -> {
                    return code.value();
                }
                case Tool.Exit.Exec exec -> {
                    Became next = become(call, exec, first.fds());
                    switch (next) {
                        case Nothing nothing -> {
                            return nothing.code;
                        }
                        case Ours ours -> {
                            current = ours.tool;
                            call = ours.call;
                        }
                    }
                }
            }
        }
    }

    private sealed interface Became {}

    private record Ours(Tool tool, Tool.Invocation call) implements Became {}

    private record Nothing(int code) implements Became {}

    private Became become(Tool.Invocation from, Tool.Exit.Exec exec, Descriptors first) {
        Tool.Exit.Exec wanted = exec;
        while (true) {
            IOException failure;
            try {
                if (!wanted.identity().equals(from.identity())) {
                    ThisProcess.become(wanted.identity());
                }
                // In the PATH of the one that becomes it, as pathexec_run does: envdir's change of PATH is not its own.
                switch (programs.find(wanted.argv().program(), from.env(), wanted.cwd())) {
                    case Programs.Found.Ours ours -> {
                        ThisProcess.title(wanted.argv().values());
                        return new Ours(
                                ours.tool(),
                                new Tool.Invocation(
                                        wanted.argv(),
                                        wanted.env(),
                                        wanted.cwd(),
                                        wanted.identity(),
                                        wanted.kept(),
                                        from.id()));
                    }
                    case Programs.Found.Foreign foreign -> failure = exec(foreign.file(), wanted, first);
                }
            } catch (IOException e) {
                failure = e;
            }
            switch (wanted.otherwise().exit(failure)) {
                case Tool.Exit.Code code -> {
                    return new Nothing(code.value());
                }
                case Tool.Exit.Exec other -> wanted = other;
            }
        }
    }

    private static IOException exec(Path file, Tool.Exit.Exec wanted, Descriptors first) throws IOException {
        wanted.kept().connection().flush();
        Set<Integer> kept = new HashSet<>();
        wanted.kept().others().forEach((number, other) -> {
            if (other instanceof Descriptors.Other.Open open && open.descriptor() == number) {
                kept.add(number);
            }
        });
        // What a program of the chain has taken out, as checkpassword the password, the next one does not get.
        for (int number : first.others().keySet()) {
            if (!kept.contains(number) && Descriptor.isOpen(number)) {
                Descriptor.closeOnExec(number, true);
            }
        }
        return ThisProcess.exec(file, wanted.argv().values(), wanted.env().entries(), wanted.cwd(), kept);
    }
}
