package org.postern.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * How this package calls the C library. Each class keeps its handles in holder classes, so that a program links only
 * the functions it uses: linking one costs about a millisecond at start.
 */
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final java.lang.foreign.AddressLayout POINTER = ValueLayout.ADDRESS;

    private Libc() {}

    /** A function whose errno is captured: its handle takes the {@link #state} first. */
    static MethodHandle function(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    /** A function whose errno means nothing. */
    static MethodHandle plain(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }

    /** The same as {@link #function} for a variadic one, given how many of its arguments are fixed. */
    static MethodHandle variadic(String name, int fixed, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                type,
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(fixed));
    }

    /** A function of another library whose errno means nothing, as crypt_rn of libcrypt.so.1. */
    static MethodHandle plain(SymbolLookup library, String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(library.findOrThrow(name), type);
    }

    /** Where a call leaves errno. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** What a call returned, or the exception for -1. */
    static int check(String call, int result, MemorySegment state) throws OsException {
        if (result < 0) {
            throw new OsException(call, errno(state));
        }
        return result;
    }

    /** A NUL-terminated octet string. */
    static MemorySegment string(Arena arena, String octets) {
        byte[] bytes = Octets.bytes(octets);
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    /** A NULL-terminated array of strings: argv, envp. */
    static MemorySegment strings(Arena arena, List<String> values) {
        MemorySegment array = arena.allocate(POINTER, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            array.setAtIndex(POINTER, i, string(arena, values.get(i)));
        }
        return array;
    }

    /** Reads a NUL-terminated octet string; the empty string for NULL. */
    static String string(MemorySegment pointer) {
        if (pointer.address() == 0) {
            return "";
        }
        MemorySegment unbounded = pointer.reinterpret(Long.MAX_VALUE);
        long length = 0;
        while (unbounded.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        return Octets.of(unbounded.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }

    /** A handle threw something that no C function throws. */
    static AssertionError impossible(Throwable t) {
        return t instanceof Error e ? new AssertionError(e) : new AssertionError("downcall failed", t);
    }
}
