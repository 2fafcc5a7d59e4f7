package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** This process: what it was started with, whose it is, and becoming another program. */
public final class ThisProcess {
    private static final int SIG_SETMASK = 2;

    /** Places in /proc/PID/stat (proc(5): 48 and 49), counted from the field behind the name. */
    private static final int ARG_START = 45;

    private static final int ARG_END = 46;

    private static volatile Set<Integer> given = Set.of();

    private ThisProcess() {}

    /** {@code NAME=value} each, octets as the system has them; Java's own view of them is re-encoded. */
    public static List<String> environment() throws IOException {
        return strings(Path.of("/proc/self/environ"));
    }

    /** The last {@code count} arguments of the command line, as octets. */
    public static List<String> lastArguments(int count) throws IOException {
        List<String> all = strings(Path.of("/proc/self/cmdline"));
        return all.subList(all.size() - count, all.size());
    }

    /** NUL-terminated strings of a /proc file. */
    static List<String> strings(Path file) throws IOException {
        String text = Octets.of(Files.readAllBytes(file));
        List<String> strings = new ArrayList<>(Arrays.asList(text.split("\0", -1)));
        strings.removeLast();
        return strings;
    }

    public static long pid() throws IOException {
        return Long.parseLong(Files.readSymbolicLink(Path.of("/proc/self")).toString());
    }

    /**
     * What ps and pidof show: the program's own command line in the place of the JVM's. /proc/PID/cmdline is the memory
     * that the command line was put in, so it is written over (as setproctitle does elsewhere).
     */
    public static void title(List<String> argv) {
        String program = argv.getFirst().substring(argv.getFirst().lastIndexOf('/') + 1);
        try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "rw")) {
            Files.writeString(Path.of("/proc/self/comm"), program);
            String stat = Files.readString(Path.of("/proc/self/stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long start = Long.parseUnsignedLong(fields[ARG_START]);
            int room = (int) (Long.parseUnsignedLong(fields[ARG_END]) - start);
            byte[] title = new byte[room];
            byte[] wanted = Octets.bytes(String.join("\0", argv));
            System.arraycopy(wanted, 0, title, 0, Math.min(wanted.length, room - 1));
            memory.seek(start);
            memory.write(title);
        } catch (IOException e) {
            // A cosmetic matter; /proc may be hidden.
            return;
        }
    }

    /** Whose rights this process has, of /proc/self/status: no foreign call, for the programs that start often. */
    public static Identity identity() throws IOException {
        return identity(Path.of("/proc/self/status"));
    }

    /** The effective ids of a process. */
    public static Identity identityOf(int pid) throws IOException {
        return identity(Path.of("/proc/" + pid + "/status"));
    }

    private static Identity identity(Path status) throws IOException {
        int uid = -1;
        int gid = -1;
        List<Integer> groups = new ArrayList<>();
        for (String line : Files.readAllLines(status)) {
            String[] fields = line.split("\\s+", -1);
            switch (fields[0]) {
                case "Uid:" -> uid = Integer.parseUnsignedInt(fields[2]);
                case "Gid:" -> gid = Integer.parseUnsignedInt(fields[2]);
                case "Groups:" -> {
                    for (int i = 1; i < fields.length; i++) {
                        if (!fields[i].isEmpty()) {
                            groups.add(Integer.parseUnsignedInt(fields[i]));
                        }
                    }
                }
                default -> {}
            }
        }
        return new Identity(uid, gid, groups);
    }

    /** Environment, working directory and ids of another process: what a program that became our stub has left. */
    public static List<String> environmentOf(int pid) throws IOException {
        return strings(Path.of("/proc/" + pid + "/environ"));
    }

    /** Takes the group's rights for the whole process, for good: tcpserver -g. */
    public static void setGroup(int gid) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment one = arena.allocateFrom(INT, gid);
            Libc.check("setgroups", (int) Ids.SETGROUPS.invokeExact(state, 1L, one), state);
            Libc.check("setgid", (int) Ids.SETGID.invokeExact(state, gid), state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Takes the user's rights for the whole process, for good: tcpserver -u. */
    public static void setUser(int uid) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            Libc.check("setuid", (int) Ids.SETUID.invokeExact(state, uid), state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Takes all of the identity for the whole process, for good: checkpassword. */
    public static void become(Identity identity) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int[] groups =
                    identity.groups().stream().mapToInt(Integer::intValue).toArray();
            MemorySegment list = groups.length == 0 ? MemorySegment.NULL : arena.allocateFrom(INT, groups);
            Libc.check("setgroups", (int) Ids.SETGROUPS.invokeExact(state, (long) groups.length, list), state);
            Libc.check("setgid", (int) Ids.SETGID.invokeExact(state, identity.gid()), state);
            Libc.check("setuid", (int) Ids.SETUID.invokeExact(state, identity.uid()), state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /**
     * Becomes another program: returns only by its exception. The signal mask is cleared; descriptors that the JVM or
     * we have opened are closed, those that this process was given stay, as they would with the originals.
     *
     * @param directory the working directory to become it in
     * @param kept descriptors of ours that stay open under their own numbers
     */
    public static OsException exec(
            Path program, List<String> argv, List<String> env, Path directory, Set<Integer> kept) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment path = Libc.string(arena, Octets.of(program));
            MemorySegment arguments = Libc.strings(arena, argv);
            MemorySegment environment = Libc.strings(arena, env);
            int r = (int) Exec.CHDIR.invokeExact(state, Libc.string(arena, Octets.of(directory)));
            if (r < 0) {
                return new OsException("chdir", Libc.errno(state));
            }
            closeOurOwnOnExec(kept);
            MemorySegment none = arena.allocate(128, 8);
            int ignored = (int) Exec.SIGPROCMASK.invokeExact(state, SIG_SETMASK, none, MemorySegment.NULL);
            int failed = (int) Exec.EXECVE.invokeExact(state, path, arguments, environment);
            if (failed < 0 && Libc.errno(state) == Errno.ENOEXEC.number()) {
                MemorySegment shell = Libc.string(arena, Spawn.SHELL);
                MemorySegment script = Libc.strings(arena, Spawn.asScript(Octets.of(program), argv));
                failed = (int) Exec.EXECVE.invokeExact(state, shell, script, environment);
            }
            return new OsException("execve", failed < 0 ? Libc.errno(state) : 0);
        } catch (OsException e) {
            return e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /**
     * Notes which descriptors who started this process has given to it: all that are open now and not the JVM's own. To
     * be called before anything is opened.
     */
    public static void noteGiven() throws IOException {
        Set<Integer> open = new HashSet<>();
        for (int descriptor : Descriptor.open()) {
            try {
                if (!isOurs(Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                        .toString())) {
                    open.add(descriptor);
                }
            } catch (IOException e) {
                continue; // the descriptor that listed them
            }
        }
        given = Set.copyOf(open);
    }

    /** Whether a descriptor was given to this process by who started it. */
    public static boolean wasGiven(int descriptor) {
        return given.contains(descriptor);
    }

    private static boolean isOurs(String target) {
        String archive = System.getProperty("java.class.path", "");
        int slash = archive.lastIndexOf('/');
        String image = slash > 0 ? archive.substring(0, slash + 1) : archive;
        return target.startsWith(System.getProperty("java.home")) || (!image.isEmpty() && target.startsWith(image));
    }

    /** Java opens files and sockets without close-on-exec: the next program gets what it is to have, and what was given. */
    private static void closeOurOwnOnExec(Set<Integer> kept) throws OsException {
        for (int fd : Descriptor.open()) {
            if (fd > 2 && kept.contains(fd)) {
                Descriptor.closeOnExec(fd, false);
            } else if (fd > 2 && !wasGiven(fd) && Descriptor.isOpen(fd)) {
                Descriptor.closeOnExec(fd, true);
            }
        }
    }

    private static final class Ids {
        static final MethodHandle SETGROUPS = Libc.function("setgroups", FunctionDescriptor.of(INT, LONG, POINTER));
        static final MethodHandle SETGID = Libc.function("setgid", FunctionDescriptor.of(INT, INT));
        static final MethodHandle SETUID = Libc.function("setuid", FunctionDescriptor.of(INT, INT));
    }

    private static final class Exec {
        static final MethodHandle CHDIR = Libc.function("chdir", FunctionDescriptor.of(INT, POINTER));
        static final MethodHandle SIGPROCMASK =
                Libc.function("pthread_sigmask", FunctionDescriptor.of(INT, INT, POINTER, POINTER));
        static final MethodHandle EXECVE =
                Libc.function("execve", FunctionDescriptor.of(INT, POINTER, POINTER, POINTER));
    }
}
