package org.postern.os;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Objects;

/**
 * Signals as events. sun.misc.Signal is reached by reflection: javac warns about it in a way that cannot be silenced,
 * and our warnings are errors.
 *
 * <p>A virtual machine started with {@code -Xrs} neither lets HUP, INT and TERM be handled nor delivers the others. So
 * the launcher starts the programs that live on signals (tcpserver, qmail-start, qmail-send, postern serve) without it.
 */
public final class Signals {
    private Signals() {}

    /**
     * Calls the action whenever the signal comes, on a thread of its own.
     *
     * @param name without SIG, as {@code TERM}
     * @return false where this virtual machine does not give the signal away
     */
    public static boolean on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        return switch (method.getName()) {
                            case "handle" -> {
                                action.run();
                                yield null;
                            }
                            case "equals" -> self == Objects.requireNonNull(arguments)[0];
                            case "hashCode" -> System.identityHashCode(self);
                            default -> "handler of " + name;
                        };
                    });
            Object number = signal.getConstructor(String.class).newInstance(name);
            signal.getMethod("handle", signal, handler).invoke(null, number, proxy);
            return true;
        } catch (InvocationTargetException e) {
            return false;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no sun.misc.Signal in this Java", e);
        }
    }
}
