package org.postern.chain;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;
import org.postern.os.ThisProcess;
import org.postern.tcp.Wire;

/**
 * Foreign programs of a chain: real processes with the client's socket itself on 0 and 1, our log on 2, what the chain
 * keeps open above, and nothing else.
 */
public final class Children {
    /** Descriptors up to here keep their numbers: 3 is checkpassword's. Higher ones move down. */
    private static final int KEEPS_NUMBER = 8;

    /** Where a foreign program that goes on to one of ours reports. A digit, for the shell's redirections. */
    private static final int REPORT = 9;

    /** checkpassword's. */
    private static final int PASSWORD = 3;

    private static final int LONGEST_REPORT = 20;

    private static final int BROKEN_PIPE_ROOM = 60_000;

    private final Programs programs;
    private final Set<String> descriptorVariables;
    private final Predicate<String> goOn;

    /**
     * Starts children.
     *
     * @param descriptorVariables environment variables whose value is a descriptor's number: RELAY_CTRL_DIR_FD
     * @param goOn whether an argument of a foreign program that is the name of one of ours, without its path, means that
     *     it will become that one
     */
    public Children(Programs programs, Set<String> descriptorVariables, Predicate<String> goOn) {
        this.programs = programs;
        this.descriptorVariables = Set.copyOf(descriptorVariables);
        this.goOn = goOn;
    }

    /** Starts children that may become any of ours that they name. */
    public Children(Programs programs, Set<String> descriptorVariables) {
        this(programs, descriptorVariables, _ -> true);
    }

    /** @throws IOException where it could not be started, though it is there: no interpreter, no memory, too long a line */
    Ended run(Path file, Tool.Invocation call, Trampoline trampoline) throws IOException {
        call.fds().connection().flush();
        int client = call.fds().connection().wire().inputDescriptor();
        boolean blocking = Descriptor.setBlocking(client, true);
        try {
            int ours = firstOfOurs(call);
            return ours > 0 ? runUntilOurs(file, call, ours, blocking, trampoline) : runAlone(file, call);
        } finally {
            giveBack(client, blocking);
        }
    }

    /**
     * A foreign program's reads wait; Java's, on a virtual thread, must not: it has made the socket non-blocking once, does
     * not look again, and a read that waits holds the thread's carrier.
     */
    private static void giveBack(int client, boolean blocking) {
        try {
            Descriptor.setBlocking(client, blocking);
        } catch (OsException e) {
            // Closed meanwhile, as our next read or write will tell.
            return;
        }
    }

    private Ended runAlone(Path file, Tool.Invocation call) throws IOException {
        return ended(start(file, call.args().values(), given(call), -1));
    }

    /** Ours, theirs, ours: vchkpw between qmail-popup and relay-ctrl-allow. Which argument is ours again, or 0. */
    private int firstOfOurs(Tool.Invocation call) {
        List<String> values = call.args().values();
        for (int i = 1; i < values.size(); i++) {
            String value = values.get(i);
            if (goOn.test(value.substring(value.lastIndexOf('/') + 1))
                    && programs.isOurs(value, call.env(), call.cwd())) {
                return i;
            }
        }
        return 0;
    }

    /**
     * The foreign program is given, as its next program, a shell that says its pid and waits for an exit code. What the
     * foreign program has done (environment, directory, ids) is read from /proc, our part of the chain runs here, and its
     * code is the shell's. Where the foreign program has put itself between the client and the next one, as recordio
     * does, the shell is told to become our program: a process of its own.
     */
    private Ended runUntilOurs(Path file, Tool.Invocation call, int ours, boolean blocking, Trampoline trampoline)
            throws IOException {
        List<String> argv = new ArrayList<>(call.args().values());
        argv.addAll(ours, List.of("/bin/sh", "-c", STUB));
        Given given = given(call);
        int[] pair = Descriptor.socketPair();
        int pid;
        try {
            pid = start(file, argv, given, pair[1]);
        } catch (IOException e) {
            Descriptor.close(pair[0]);
            throw e;
        } finally {
            Descriptor.close(pair[1]);
        }
        Ended ended;
        try {
            String reported = report(pair[0]);
            if (!reported.isEmpty()) {
                String answer = reported.equals(pid + "\n") && hasTheClient(pid, call)
                        ? goOn(pid, given, argv.subList(ours + 3, argv.size()), blocking, trampoline)
                        : "exec";
                answer(pair[0], answer);
            }
        } finally {
            Descriptor.close(pair[0]);
            ended = ended(pid);
        }
        return ended;
    }

    private static void answer(int descriptor, String answer) throws OsException {
        try {
            Descriptor.write(descriptor, Octets.bytes(answer + "\n"));
        } catch (OsException e) {
            if (e.errno() != Errno.EPIPE.number()) {
                throw e;
            }
            // Killed meanwhile, as its end will tell.
        }
    }

    /** A shell puts another descriptor in the place of 0 or 1 while it reads or writes, so 8 and 7 show what they were. */
    private static final String STUB = "{ echo $$ >&9; read code <&9 || code=111; } 8<&0 7>&1 || code=exec; "
            + "[ \"$code\" != exec ] || exec \"$0\" \"$@\" 9>&-; exit $code";

    private static final int STUB_INPUT = 8;

    private static final int STUB_OUTPUT = 7;

    /** What the foreign program says before its end, a line at most. The wait is on a thread of its own: it blocks. */
    private static String report(int descriptor) throws OsException {
        CompletableFuture<String> report = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("report").start(() -> {
            try {
                StringBuilder line = new StringBuilder();
                byte[] octet = new byte[1];
                while (line.length() < LONGEST_REPORT && Descriptor.read(descriptor, octet) > 0) {
                    line.append((char) (octet[0] & 0xff));
                    if (octet[0] == '\n') {
                        break;
                    }
                }
                report.complete(line.toString());
            } catch (OsException e) {
                report.completeExceptionally(e);
            }
        });
        return join(report);
    }

    /**
     * Whether its 0 and 1 are the client, and its 2 our log, or the client again, as behind a foreign qmail-popup. Not known
     * where /proc is closed to us: of a process that took another user's ids, without CAP_SYS_PTRACE.
     */
    private static boolean hasTheClient(int pid, Tool.Invocation call) throws IOException {
        Wire wire = call.fds().connection().wire();
        String input = target("self", wire.inputDescriptor());
        String output = target("self", wire.outputDescriptor());
        String log = target("self", 2);
        try {
            String child = Integer.toString(pid);
            String childLog = target(child, 2);
            return target(child, STUB_INPUT).equals(input)
                    && target(child, STUB_OUTPUT).equals(output)
                    && (childLog.isEmpty() || childLog.equals(output) || childLog.equals(log));
        } catch (AccessDeniedException e) {
            return false;
        }
    }

    /** What a descriptor is, as /proc names it; empty where it is not open. */
    private static String target(String process, int descriptor) throws IOException {
        try {
            return Octets.of(java.nio.file.Files.readSymbolicLink(Path.of("/proc/" + process + "/fd/" + descriptor)));
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** Our part of the chain; its exit code. */
    private static String goOn(int pid, Given given, List<String> argv, boolean blocking, Trampoline trampoline)
            throws IOException {
        // What the foreign program has left on descriptor 3: the password, where checkpassword is still to come.
        int password = target(Integer.toString(pid), PASSWORD).startsWith("pipe:[")
                ? Descriptor.openFile("/proc/" + pid + "/fd/" + PASSWORD)
                : -1;
        try {
            Descriptors fds = given.fds;
            if (password >= 0) {
                fds = fds.with(PASSWORD, new Descriptors.Other.Open(password));
            } else if (fds.others().get(PASSWORD) instanceof Descriptors.Other.Data) {
                fds = fds.without(PASSWORD);
            }
            Tool.Invocation left = new Tool.Invocation(
                    new Args(argv),
                    Env.of(ThisProcess.environmentOf(pid)),
                    java.nio.file.Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd")),
                    ThisProcess.identityOf(pid),
                    fds,
                    given.call.id());
            given.call.fds().becoming(left.fds());
            giveBack(left.fds().connection().wire().inputDescriptor(), blocking);
            Ended rest = trampoline.run(left, given.call.identity());
            return Integer.toString(rest instanceof Ended.Exited exited ? exited.code() : 111);
        } finally {
            if (password >= 0) {
                Descriptor.close(password);
            }
        }
    }

    /**
     * What a child is given.
     *
     * @param call what it is called with; {@code env} and {@code fds} differ from that where numbers do
     * @param fds under the numbers that the child knows
     */
    private record Given(Tool.Invocation call, Env env, Descriptors fds) {}

    private Given given(Tool.Invocation call) {
        Env env = call.env();
        Map<Integer, Descriptors.Other> others = new TreeMap<>();
        for (Map.Entry<Integer, Descriptors.Other> other :
                new TreeMap<>(call.fds().others()).entrySet()) {
            int number = other.getKey();
            int givenAs = number;
            if (number > KEEPS_NUMBER) {
                givenAs = PASSWORD + 1;
                while (others.containsKey(givenAs) || givenAs == REPORT) {
                    givenAs++;
                }
            }
            others.put(givenAs, other.getValue());
            env = renumbered(env, number, givenAs);
        }
        return new Given(
                call, env, new Descriptors(call.fds().connection(), call.fds().log(), others));
    }

    private static int start(Path file, List<String> argv, Given given, int report) throws IOException {
        Tool.Invocation call = given.call;
        Wire wire = call.fds().connection().wire();
        int input = wire.inputDescriptor();
        List<Integer> numbers = new ArrayList<>(List.of(input, wire.outputDescriptor(), 2));
        List<Integer> pipes = new ArrayList<>();
        try {
            for (Map.Entry<Integer, Descriptors.Other> other :
                    given.fds.others().entrySet()) {
                int source = switch (other.getValue()) {
                    case Descriptors.Other.Open open -> open.descriptor();
                    case Descriptors.Other.Data data -> {
                        int end = filledPipe(data.octets());
                        pipes.add(end);
                        yield end;
                    }
                };
                set(numbers, other.getKey(), source);
            }
            if (report >= 0) {
                set(numbers, REPORT, report);
            }
            boolean same = call.identity().equals(Self.IDENTITY);
            return Spawn.start(new Spawn.Child(
                    Octets.of(file),
                    argv,
                    given.env.entries(),
                    Octets.of(call.cwd()),
                    numbers,
                    same ? null : call.identity()));
        } finally {
            pipes.forEach(Descriptor::close);
        }
    }

    private static void set(List<Integer> numbers, int number, int source) {
        while (numbers.size() <= number) {
            numbers.add(-1);
        }
        numbers.set(number, source);
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
