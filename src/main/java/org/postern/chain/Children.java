package org.postern.chain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;
import org.postern.os.ThisProcess;

/**
 * Foreign programs of a chain: real processes with the client's socket itself on 0 and 1, our log on 2, what the chain
 * keeps open above, and nothing else.
 */
public final class Children {
    /** Descriptors up to here keep their numbers: 3 is checkpassword's. Higher ones move down. */
    private static final int KEEPS_NUMBER = 8;

    /** Where a foreign program that goes on to one of ours reports. A digit, for the shell's redirections. */
    private static final int REPORT = 9;

    /** Where checkpassword reads. */
    private static final int PASSWORD = 3;

    private static final int BROKEN_PIPE_ROOM = 60_000;

    private final Programs programs;
    private final Set<String> descriptorVariables;

    /**
     * Starts children.
     *
     * @param descriptorVariables environment variables whose value is a descriptor's number: RELAY_CTRL_DIR_FD
     */
    public Children(Programs programs, Set<String> descriptorVariables) {
        this.programs = programs;
        this.descriptorVariables = Set.copyOf(descriptorVariables);
    }

    Ended run(Path file, Tool.Invocation call, Trampoline trampoline) {
        try {
            call.fds().connection().flush();
            int ours = firstOfOurs(call);
            return ours > 0 ? runUntilOurs(file, call, ours, trampoline) : runAlone(file, call);
        } catch (IOException e) {
            call.fds().log().line(call.args().program() + ": fatal: unable to run: " + Errno.djbText(e));
            return new Ended.Exited(111);
        }
    }

    private Ended runAlone(Path file, Tool.Invocation call) throws IOException {
        return ended(start(file, call.args().values(), call, -1));
    }

    /** Ours, theirs, ours: vchkpw between qmail-popup and relay-ctrl-allow. Which argument is ours again, or 0. */
    private int firstOfOurs(Tool.Invocation call) {
        List<String> values = call.args().values();
        for (int i = 1; i < values.size(); i++) {
            if (programs.isOurs(values.get(i), call.env(), call.cwd())) {
                return i;
            }
        }
        return 0;
    }

    /**
     * The foreign program is given, as its next program, a shell that says it is there and waits for an exit code. What
     * the foreign program has done (environment, directory, ids) is read from /proc, our part of the chain runs here,
     * and its code is the shell's.
     */
    private Ended runUntilOurs(Path file, Tool.Invocation call, int ours, Trampoline trampoline) throws IOException {
        List<String> argv = new ArrayList<>(call.args().values());
        argv.addAll(ours, List.of("/bin/sh", "-c", "echo >&9; read code <&9 || code=111; exit $code"));
        int[] pair = Descriptor.socketPair();
        int pid;
        try {
            pid = start(file, argv, call, pair[1]);
        } catch (IOException e) {
            Descriptor.close(pair[0]);
            throw e;
        } finally {
            Descriptor.close(pair[1]);
        }
        try {
            if (reported(pair[0])) {
                int unread = unread(pid, call);
                try {
                    Tool.Invocation next = left(pid, call, argv.subList(ours + 3, argv.size()), unread);
                    call.fds().becoming(next.fds());
                    Ended rest = trampoline.run(next, call.identity());
                    int code = rest instanceof Ended.Exited exited ? exited.code() : 111;
                    Descriptor.write(pair[0], Octets.bytes(code + "\n"));
                } finally {
                    if (unread >= 0) {
                        Descriptor.close(unread);
                    }
                }
            }
        } finally {
            Descriptor.close(pair[0]);
        }
        return ended(pid);
    }

    /** Waits for the report; false where the program ended without. The wait is on a thread of its own: it blocks. */
    private static boolean reported(int descriptor) throws OsException {
        CompletableFuture<Boolean> report = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("report").start(() -> {
            try {
                report.complete(Descriptor.read(descriptor, new byte[1]) > 0);
            } catch (OsException e) {
                report.completeExceptionally(e);
            }
        });
        return join(report);
    }

    /** Descriptor 3 where the foreign program left it open, as softlimit or env before checkpassword do; or -1. */
    private static int unread(int pid, Tool.Invocation call) {
        if (call.fds().others().containsKey(PASSWORD)) {
            try {
                return Descriptor.openFile("/proc/" + pid + "/fd/" + PASSWORD);
            } catch (OsException e) {
                return -1; // It is closed, as checkpassword's interface wants it behind a login.
            }
        }
        return -1;
    }

    /** What the foreign program leaves to the next. */
    private static Tool.Invocation left(int pid, Tool.Invocation call, List<String> argv, int unread)
            throws IOException {
        return new Tool.Invocation(
                new Args(argv),
                Env.of(ThisProcess.environmentOf(pid)),
                java.nio.file.Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd")),
                ThisProcess.identityOf(pid),
                unread < 0
                        ? call.fds().without(PASSWORD)
                        : call.fds().with(PASSWORD, new Descriptors.Other.Open(unread)),
                call.id());
    }

    private int start(Path file, List<String> argv, Tool.Invocation call, int report) throws IOException {
        Descriptors fds = call.fds();
        int input = fds.connection().wire().inputDescriptor();
        Descriptor.makeBlocking(input);
        List<Integer> numbers =
                new ArrayList<>(List.of(input, fds.connection().wire().outputDescriptor(), 2));
        List<Integer> pipes = new ArrayList<>();
        Env env = call.env();
        try {
            for (Map.Entry<Integer, Descriptors.Other> other : new TreeMap<>(fds.others()).entrySet()) {
                int number = other.getKey();
                int source = switch (other.getValue()) {
                    case Descriptors.Other.Open open -> open.descriptor();
                    case Descriptors.Other.Data data -> {
                        int end = filledPipe(data.octets());
                        pipes.add(end);
                        yield end;
                    }
                };
                int given = number <= KEEPS_NUMBER ? number : Math.max(3, numbers.size());
                while (numbers.size() <= given) {
                    numbers.add(-1);
                }
                numbers.set(given, source);
                env = renumbered(env, number, given);
            }
            if (report >= 0) {
                while (numbers.size() <= REPORT) {
                    numbers.add(-1);
                }
                numbers.set(REPORT, report);
            }
            boolean same = call.identity().equals(Self.IDENTITY);
            return Spawn.start(new Spawn.Child(
                    Octets.of(file),
                    argv,
                    env.entries(),
                    Octets.of(call.cwd()),
                    numbers,
                    same ? null : call.identity()));
        } finally {
            pipes.forEach(Descriptor::close);
        }
    }

    private Env renumbered(Env env, int number, int given) {
        Env changed = env;
        for (String variable : descriptorVariables) {
            if (String.valueOf(number).equals(env.get(variable))) {
                changed = changed.with(variable, String.valueOf(given));
            }
        }
        return changed;
    }

    /** The read end of a pipe that holds these octets and then ends. */
    private static int filledPipe(String octets) throws IOException {
        if (octets.length() > BROKEN_PIPE_ROOM) {
            throw new IOException("more than a pipe holds");
        }
        int[] pipe = Descriptor.pipe();
        try {
            Descriptor.write(pipe[1], Octets.bytes(octets));
        } catch (IOException e) {
            Descriptor.close(pipe[0]);
            throw e;
        } finally {
            Descriptor.close(pipe[1]);
        }
        return pipe[0];
    }

    /** Whose rights this process has: read by the first child, so behind tcpserver's -u. */
    private static final class Self {
        static final Identity IDENTITY = read();

        private static Identity read() {
            try {
                return ThisProcess.identity();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private static Ended ended(int pid) throws OsException {
        return Ended.ofWaitStatus(join(Spawn.waitFor(pid)));
    }

    private static <T> T join(CompletableFuture<T> future) throws OsException {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof OsException cause ? cause : new OsException("wait", 0);
        }
    }
}
