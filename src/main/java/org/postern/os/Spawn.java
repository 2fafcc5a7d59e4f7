package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Starts foreign programs as children, with exactly the descriptors named, and waits for them. */
public final class Spawn {
    /** A number far above those a child is given, so that placing one never overwrites another's source. */
    private static final int ASIDE = 100;

    static final String SHELL = "/bin/sh";

    private static final String SETPRIV = "/usr/bin/setpriv";

    private static final short SETSIGDEF = 0x04;
    private static final short SETSIGMASK = 0x08;
    private static final long ATTRIBUTES_SIZE = 336;
    private static final long ACTIONS_SIZE = 80;
    private static final long SIGNALS_SIZE = 128;

    private Spawn() {}

    /**
     * A child to be.
     *
     * @param path the program's file
     * @param argv its command line, octet strings
     * @param env its environment, {@code NAME=value} octet strings
     * @param directory its working directory; null for ours
     * @param descriptors at index i the number of our descriptor that the child gets as its i; -1: not open. Nothing
     *     else is open in the child.
     * @param identity whose rights it gets, where they differ from this process's; only root can give others
     */
    public record Child(
            String path,
            List<String> argv,
            List<String> env,
            @Nullable String directory,
            List<Integer> descriptors,
            @Nullable Identity identity) {
        public Child {
            argv = List.copyOf(argv);
            env = List.copyOf(env);
            descriptors = List.copyOf(descriptors);
        }
    }

    /**
     * Starts the child.
     *
     * @return its pid; someone must {@link #waitFor} it
     * @throws OsException where it cannot be run, with exec's errno. Behind another identity setpriv finds that out, and
     *     ends with 126 or 127
     */
    public static int start(Child child) throws OsException {
        if (child.identity != null) {
            if (!FilesAt.mayExecute(FilesAt.WORKING_DIRECTORY, SETPRIV)) {
                throw new OsException("no " + SETPRIV + ", which gives it its uid: install util-linux");
            }
            return spawn(throughSetpriv(child, child.identity));
        }
        try {
            return spawn(child);
        } catch (OsException e) {
            if (e.errno() != Errno.ENOEXEC.number()) {
                throw e;
            }
            List<String> argv = asScript(child.path, child.argv);
            return spawn(new Child(SHELL, argv, child.env, child.directory, child.descriptors, null));
        }
    }

    /** A file that is no program is the shell's, as for execvp(3): a script whose first line is not {@code #!}. */
    static List<String> asScript(String path, List<String> argv) {
        List<String> script = new ArrayList<>(List.of(SHELL, path));
        script.addAll(argv.subList(1, argv.size()));
        return script;
    }

    /**
     * posix_spawn cannot change ids, so setpriv(1) of util-linux does and becomes the program. It has no way to name it
     * otherwise than by its path, which is argv[0] then.
     */
    private static Child throughSetpriv(Child child, Identity identity) {
        String groups = identity.groups().isEmpty()
                ? "--clear-groups"
                : "--groups=" + identity.groups().stream().map(String::valueOf).collect(Collectors.joining(","));
        List<String> argv = new ArrayList<>(List.of(
                "setpriv",
                String.format(Locale.ROOT, "--reuid=%d", identity.uid()),
                String.format(Locale.ROOT, "--regid=%d", identity.gid()),
                groups,
                "--"));
        argv.add(child.path);
        argv.addAll(child.argv.subList(1, child.argv.size()));
        return new Child(SETPRIV, argv, child.env, child.directory, child.descriptors, null);
    }

    private static int spawn(Child child) throws OsException {
        List<Integer> aside = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(ACTIONS_SIZE, 16);
            MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, 16);
            MemorySegment pid = arena.allocate(INT);
            check("init", (int) Calls.ACTIONS_INIT.invokeExact(actions));
            check("init", (int) Calls.ATTRIBUTES_INIT.invokeExact(attributes));
            try {
                if (child.directory != null) {
                    check("addchdir", (int) Calls.ADD_CHDIR.invokeExact(actions, Libc.string(arena, child.directory)));
                }
                for (int i = 0; i < child.descriptors.size(); i++) {
                    int source = child.descriptors.get(i);
                    if (source >= 0) {
                        int copy = Descriptor.duplicate(source, ASIDE);
                        aside.add(copy);
                        check("adddup2", (int) Calls.ADD_DUP2.invokeExact(actions, copy, i));
                    } else {
                        check("addclose", (int) Calls.ADD_CLOSE.invokeExact(actions, i));
                    }
                }
                check("addclosefrom", (int) Calls.ADD_CLOSE_FROM.invokeExact(actions, child.descriptors.size()));
                MemorySegment none = arena.allocate(SIGNALS_SIZE, 8);
                MemorySegment all = arena.allocate(SIGNALS_SIZE, 8).fill((byte) 0xff);
                all.set(LONG, 0, ~Ignored.SIGNALS);
                check("setsigmask", (int) Calls.SET_MASK.invokeExact(attributes, none));
                check("setsigdefault", (int) Calls.SET_DEFAULT.invokeExact(attributes, all));
                check("setflags", (int) Calls.SET_FLAGS.invokeExact(attributes, (short) (SETSIGDEF | SETSIGMASK)));
                check("spawn", (int) Calls.SPAWN.invokeExact(
                        pid,
                        Libc.string(arena, child.path),
                        actions,
                        attributes,
                        Libc.strings(arena, child.argv),
                        Libc.strings(arena, child.env)));
                return pid.get(INT, 0);
            } finally {
                check("destroy", (int) Calls.ACTIONS_DESTROY.invokeExact(actions));
                check("destroy", (int) Calls.ATTRIBUTES_DESTROY.invokeExact(attributes));
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        } finally {
            aside.forEach(Descriptor::close);
        }
    }

    /** The posix_spawn family returns the error instead of setting errno. */
    private static void check(String call, int error) throws OsException {
        if (error != 0) {
            throw new OsException(call, error);
        }
    }

    /**
     * The child's wait status, when it has ended. A platform thread waits: a downcall would pin a virtual thread's
     * carrier.
     */
    public static CompletableFuture<Integer> waitFor(int pid) {
        CompletableFuture<Integer> status = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("wait-" + pid).start(() -> {
            try {
                status.complete(waitHere(pid));
            } catch (OsException e) {
                status.completeExceptionally(e);
            }
        });
        return status;
    }

    /** Waits on this thread. */
    public static int waitHere(int pid) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment status = arena.allocate(INT);
            while (true) {
                int r = (int) Waiting.WAITPID.invokeExact(state, pid, status, 0);
                if (r >= 0) {
                    return status.get(INT, 0);
                }
                if (Libc.errno(state) != Errno.EINTR.number()) {
                    throw new OsException("waitpid", Libc.errno(state));
                }
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Sends a signal to a process. */
    public static void kill(int pid, int signal) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            Libc.check("kill", (int) Waiting.KILL.invokeExact(state, pid, signal), state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Signals that this process was started to ignore: nohup(1) means the children, too. Java ignores none itself. */
    private static final class Ignored {
        /** Bit n - 1 is signal n's, as in sigset_t. */
        static final long SIGNALS = read();

        private static long read() {
            try (Stream<String> status = Files.lines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
                return status.filter(line -> line.startsWith("SigIgn:"))
                        .mapToLong(line -> Long.parseUnsignedLong(
                                line.substring("SigIgn:".length()).strip(), 16))
                        .findFirst()
                        .orElse(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Calls {
        static final MethodHandle SPAWN = Libc.plain(
                "posix_spawn", FunctionDescriptor.of(INT, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER));
        static final MethodHandle ACTIONS_INIT =
                Libc.plain("posix_spawn_file_actions_init", FunctionDescriptor.of(INT, POINTER));
        static final MethodHandle ACTIONS_DESTROY =
                Libc.plain("posix_spawn_file_actions_destroy", FunctionDescriptor.of(INT, POINTER));
        static final MethodHandle ADD_DUP2 =
                Libc.plain("posix_spawn_file_actions_adddup2", FunctionDescriptor.of(INT, POINTER, INT, INT));
        static final MethodHandle ADD_CLOSE =
                Libc.plain("posix_spawn_file_actions_addclose", FunctionDescriptor.of(INT, POINTER, INT));
        static final MethodHandle ADD_CLOSE_FROM =
                Libc.plain("posix_spawn_file_actions_addclosefrom_np", FunctionDescriptor.of(INT, POINTER, INT));
        static final MethodHandle ADD_CHDIR =
                Libc.plain("posix_spawn_file_actions_addchdir_np", FunctionDescriptor.of(INT, POINTER, POINTER));
        static final MethodHandle ATTRIBUTES_INIT =
                Libc.plain("posix_spawnattr_init", FunctionDescriptor.of(INT, POINTER));
        static final MethodHandle ATTRIBUTES_DESTROY =
                Libc.plain("posix_spawnattr_destroy", FunctionDescriptor.of(INT, POINTER));
        static final MethodHandle SET_MASK =
                Libc.plain("posix_spawnattr_setsigmask", FunctionDescriptor.of(INT, POINTER, POINTER));
        static final MethodHandle SET_DEFAULT =
                Libc.plain("posix_spawnattr_setsigdefault", FunctionDescriptor.of(INT, POINTER, POINTER));
        static final MethodHandle SET_FLAGS = Libc.plain(
                "posix_spawnattr_setflags",
                FunctionDescriptor.of(INT, POINTER, java.lang.foreign.ValueLayout.JAVA_SHORT));
    }

    private static final class Waiting {
        static final MethodHandle WAITPID = Libc.function("waitpid", FunctionDescriptor.of(INT, INT, POINTER, INT));
        static final MethodHandle KILL = Libc.function("kill", FunctionDescriptor.of(INT, INT, INT));
    }
}
