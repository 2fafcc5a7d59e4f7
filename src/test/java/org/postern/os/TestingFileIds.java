package org.postern.os;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Runs something on a thread of its own whose file access is another user's; for tests that run as root. */
public final class TestingFileIds {
    private static final FunctionDescriptor ID = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final MethodHandle SETFSUID = handle("setfsuid");
    private static final MethodHandle SETFSGID = handle("setfsgid");

    private TestingFileIds() {}

    private static MethodHandle handle(String name) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), ID);
    }

    public static <T> T as(int id, Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(() -> {
            try {
                int gid = (int) SETFSGID.invokeExact(id);
                int uid = (int) SETFSUID.invokeExact(id);
                if ((int) SETFSUID.invokeExact(-1) != id) {
                    throw new IllegalStateException("this test must run as root: fsuid was " + uid + ":" + gid);
                }
            } catch (Throwable t) {
                throw new IllegalStateException(t);
            }
            return task.call();
        });
        Thread.ofPlatform().start(future);
        return future.get();
    }
}
