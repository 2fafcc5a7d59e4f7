package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * How many descriptors this process may have open: RLIMIT_NOFILE. The JVM would raise it as it starts, and whatever a
 * program becomes or runs would have that instead of what {@code softlimit -o} gave, so the launcher forbids it
 * (-XX:-MaxFDLimit) and who serves many asks here.
 */
public final class FileLimit {
    private static final int RLIMIT_NOFILE = 7;

    private FileLimit() {}

    /**
     * Raises the soft limit to this many where it is lower, as far as the hard one lets it.
     *
     * @param wanted descriptors
     */
    public static void allow(long wanted) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment limit = arena.allocate(LONG, 2);
            Libc.check("getrlimit", (int) Calls.GET.invokeExact(state, RLIMIT_NOFILE, limit), state);
            long soft = limit.getAtIndex(LONG, 0);
            long hard = limit.getAtIndex(LONG, 1);
            // Unsigned: "no limit" is the highest.
            long raised = Long.compareUnsigned(wanted, hard) < 0 ? wanted : hard;
            if (Long.compareUnsigned(soft, raised) < 0) {
                limit.setAtIndex(LONG, 0, raised);
                Libc.check("setrlimit", (int) Calls.SET.invokeExact(state, RLIMIT_NOFILE, limit), state);
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static final class Calls {
        static final MethodHandle GET = Libc.function("getrlimit", FunctionDescriptor.of(INT, INT, POINTER));
        static final MethodHandle SET = Libc.function("setrlimit", FunctionDescriptor.of(INT, INT, POINTER));
    }
}
