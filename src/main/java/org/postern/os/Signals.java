package org.postern.os;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Signals of this process. sun.misc.Signal is Java's only way; it is called by reflection, since the compiler warns of
 * each mention of it and that warning has no switch.
 */
public final class Signals {
    private static final Class<?> SIGNAL = type("sun.misc.Signal");
    private static final Class<?> HANDLER = type("sun.misc.SignalHandler");

    private Signals() {}

    /**
     * Runs the action at each such signal, on a thread of its own.
     *
     * @param name without SIG: TERM, HUP, ALRM
     */
    public static void on(String name, Runnable action) {
        Object handler = Proxy.newProxyInstance(
                Signals.class.getClassLoader(), new Class<?>[] {HANDLER}, (self, method, arguments) -> {
                    switch (method.getName()) {
                        case "handle" -> action.run();
                        case "equals" -> {
                            return arguments != null && self == arguments[0];
                        }
                        case "hashCode" -> {
                            return System.identityHashCode(self);
                        }
                        default -> {
                            return "handler of " + name;
                        }
                    }
                    return null;
                });
        handle(name, handler);
    }

    /** What the system does by itself: TERM ends the process at once, by the signal, as it ends any other program. */
    public static void leaveToSystem(String name) {
        try {
            handle(name, HANDLER.getField("SIG_DFL").get(null));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void handle(String name, Object handler) {
        try {
            Method handle = SIGNAL.getMethod("handle", SIGNAL, HANDLER);
            handle.invoke(null, SIGNAL.getConstructor(String.class).newInstance(name), handler);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException("signal " + name + " cannot be handled", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("a JDK without the module jdk.unsupported", e);
        }
    }
}
