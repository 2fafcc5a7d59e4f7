package org.postern;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.postern.os.Octets;

/**
 * Runs something without root's rights to read everything: where the tests run as root, on a thread that has an
 * ordinary user's file-system ids, which belong to a thread alone.
 */
public final class TestingRights {
    private static final int NOBODY = 65534;

    private TestingRights() {}

    /** @param tree becomes the ordinary user's, so that modes decide */
    public static <T> T ordinary(Path tree, Callable<T> action) throws Exception {
        if (!(Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0)) {
            return action.call();
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.toList()) {
                Files.setAttribute(file, "unix:uid", NOBODY);
            }
        }
        loadClasses();
        FutureTask<T> task = new FutureTask<>(() -> {
            call("setfsgid", NOBODY);
            call("setfsuid", NOBODY);
            return action.call();
        });
        Thread thread = Thread.ofPlatform().start(task);
        try {
            return task.get();
        } finally {
            thread.join();
        }
    }

    /** The ordinary user may be unable to read the directory that the build is in. */
    private static void loadClasses() throws Exception {
        Path classes = Path.of(
                Octets.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                if (name.startsWith("org.postern.") && name.endsWith(".class") && !name.endsWith("-info.class")) {
                    Class.forName(
                            name.substring(0, name.length() - ".class".length()), false, Octets.class.getClassLoader());
                }
            }
        }
    }

    private static void call(String function, int id) throws IOException {
        MethodHandle handle = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(function),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            int before = (int) handle.invokeExact(id);
            int now = (int) handle.invokeExact(id);
            if (now != id) {
                throw new IOException(function + " refused, still " + before);
            }
        } catch (Throwable t) {
            throw t instanceof IOException e ? e : new IOException(t);
        }
    }
}
