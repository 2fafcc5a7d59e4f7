package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The system's users and groups, from wherever nsswitch.conf says they come (files, LDAP, sssd). The re-entrant
 * functions of the C library: any thread may ask. Nothing is remembered, so a change counts at once.
 *
 * <p>"There is none" is an empty answer; that the question could not be asked is an exception: who takes the one for the
 * other refuses users while the directory server is down.
 */
public final class Nss {
    /** As a long entry of a big group needs; a small one gets by with the first. */
    private static final int FIRST_BUFFER = 2048;

    private static final int LARGEST_BUFFER = 4 << 20;
    private static final int FIRST_GROUPS = 64;
    /** NGROUPS_MAX of Linux. */
    private static final int MOST_GROUPS = 65_536;

    private static final long PASSWD_SIZE = 48;
    private static final long SHADOW_SIZE = 72;
    private static final long GROUP_SIZE = 32;
    private static final int ERANGE = 34;
    private static final int ESRCH = 3;
    private static final int AT_ONCE = 16;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final ForeignWork work = new ForeignWork("user database", AT_ONCE, LIMIT);

    /** A line of passwd(5). */
    public record Passwd(String name, String password, int uid, int gid, String gecos, String home, String shell) {
        @Override
        public String toString() {
            return "Passwd[" + name + ", uid " + uid + ", gid " + gid + "]";
        }
    }

    /** A line of shadow(5). Days since 1970; -1 where a field is empty. */
    public record Shadow(
            String name,
            String password,
            long lastChange,
            long leastDays,
            long mostDays,
            long warnDays,
            long inactiveDays,
            long expireDay) {
        @Override
        public String toString() {
            return "Shadow[" + name + "]";
        }
    }

    /** getpwnam(3). */
    public Optional<Passwd> passwd(String name) throws IOException {
        return work.call(() -> find("getpwnam", name, PASSWD_SIZE, PasswdByName.HANDLE, Nss::passwd));
    }

    /** getpwuid(3). */
    public Optional<Passwd> passwd(int uid) throws IOException {
        return work.call(() -> find(
                "getpwuid",
                PASSWD_SIZE,
                (struct, buffer, found) ->
                        (int) PasswdByUid.HANDLE.invokeExact(uid, struct, buffer, buffer.byteSize(), found),
                Nss::passwd));
    }

    /** getspnam(3): for root, as the file of shadow(5) goes. */
    public Optional<Shadow> shadow(String name) throws IOException {
        return work.call(() -> find("getspnam", name, SHADOW_SIZE, ShadowByName.HANDLE, Nss::shadow));
    }

    /** The gid of a group, by getgrnam(3). */
    public Optional<Integer> gid(String group) throws IOException {
        return work.call(() -> find("getgrnam", group, GROUP_SIZE, GroupByName.HANDLE, struct -> struct.get(INT, 16)));
    }

    /** All groups of a user, the given first one included: getgrouplist(3), what initgroups(3) sets. */
    public List<Integer> groups(String name, int gid) throws IOException {
        return work.call(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment key = Libc.string(arena, name);
                int room = FIRST_GROUPS;
                while (true) {
                    MemorySegment ids = arena.allocate(INT, room);
                    MemorySegment count = arena.allocateFrom(INT, room);
                    int r = (int) GroupList.HANDLE.invokeExact(key, gid, ids, count);
                    int n = count.get(INT, 0);
                    if (r >= 0) {
                        int[] found = ids.asSlice(0, 4L * n).toArray(INT);
                        return Arrays.stream(found).boxed().toList();
                    }
                    if (room >= MOST_GROUPS) {
                        throw new IOException("getgrouplist: more than " + MOST_GROUPS + " groups");
                    }
                    room = Math.clamp(Math.max(n, 2L * room), room, MOST_GROUPS);
                }
            } catch (IOException e) {
                throw e;
            } catch (Throwable t) {
                throw Libc.impossible(t);
            }
        });
    }

    @FunctionalInterface
    private interface Call {
        /** Fills the struct, its strings in the buffer; returns the error number. */
        int fill(MemorySegment struct, MemorySegment buffer, MemorySegment found) throws Throwable;
    }

    private static <T> Optional<T> find(
            String call, String name, long size, MethodHandle function, Function<MemorySegment, T> read)
            throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = Libc.string(arena, name);
            return find(
                    call,
                    size,
                    (struct, buffer, found) ->
                            (int) function.invokeExact(key, struct, buffer, buffer.byteSize(), found),
                    read);
        }
    }

    /** Calls with ever larger buffers until the answer fits. */
    private static <T> Optional<T> find(String call, long size, Call function, Function<MemorySegment, T> read)
            throws OsException {
        for (int room = FIRST_BUFFER; ; room *= 4) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment struct = arena.allocate(size, 8);
                MemorySegment found = arena.allocate(POINTER);
                int error = fill(function, struct, arena.allocate(room), found);
                if (error == ERANGE && room < LARGEST_BUFFER) {
                    continue;
                }
                // getpwnam(3): "0 or ENOENT or ESRCH ...: the given name was not found".
                if (error != 0 && error != Errno.ENOENT.number() && error != ESRCH) {
                    throw new OsException(call, error);
                }
                return found.get(POINTER, 0).address() == 0 ? Optional.empty() : Optional.of(read.apply(struct));
            }
        }
    }

    private static int fill(Call function, MemorySegment struct, MemorySegment buffer, MemorySegment found) {
        try {
            return function.fill(struct, buffer, found);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** struct passwd: name, password, uid, gid, gecos, home, shell. */
    private static Passwd passwd(MemorySegment struct) {
        return new Passwd(
                string(struct, 0),
                string(struct, 8),
                struct.get(INT, 16),
                struct.get(INT, 20),
                string(struct, 24),
                string(struct, 32),
                string(struct, 40));
    }

    /** struct spwd: name, password, and the numbers, each a long. */
    private static Shadow shadow(MemorySegment struct) {
        return new Shadow(
                string(struct, 0),
                string(struct, 8),
                struct.get(LONG, 16),
                struct.get(LONG, 24),
                struct.get(LONG, 32),
                struct.get(LONG, 40),
                struct.get(LONG, 48),
                struct.get(LONG, 56));
    }

    private static String string(MemorySegment struct, long offset) {
        return Libc.string(struct.get(POINTER, offset));
    }

    private static final FunctionDescriptor BY_NAME =
            FunctionDescriptor.of(INT, POINTER, POINTER, POINTER, LONG, POINTER);

    private static final class PasswdByName {
        static final MethodHandle HANDLE = Libc.plain("getpwnam_r", BY_NAME);
    }

    private static final class PasswdByUid {
        static final MethodHandle HANDLE =
                Libc.plain("getpwuid_r", FunctionDescriptor.of(INT, INT, POINTER, POINTER, LONG, POINTER));
    }

    private static final class ShadowByName {
        static final MethodHandle HANDLE = Libc.plain("getspnam_r", BY_NAME);
    }

    private static final class GroupByName {
        static final MethodHandle HANDLE = Libc.plain("getgrnam_r", BY_NAME);
    }

    private static final class GroupList {
        static final MethodHandle HANDLE =
                Libc.plain("getgrouplist", FunctionDescriptor.of(INT, POINTER, INT, POINTER, POINTER));
    }
}
