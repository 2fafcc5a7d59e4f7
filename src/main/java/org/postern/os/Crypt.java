package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * crypt(3) of the system: every scheme it has, yescrypt too. Any thread may ask. As many hashes as there are processors
 * run at once: more would not be faster, and yescrypt takes 16 MB for each.
 */
public final class Crypt {
    /** CRYPT_MAX_PASSPHRASE_SIZE of crypt.h, less the NUL. */
    public static final int LONGEST_PHRASE = 511;

    /** sizeof(struct crypt_data) of libxcrypt. */
    private static final int DATA_SIZE = 32_768;

    /** The same of the older glibc, which has crypt_r alone. */
    private static final int OLD_DATA_SIZE = 131_232;

    private static final int SETTING_SIZE = 192;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final List<String> libraries;
    private final ForeignWork work =
            new ForeignWork("crypt", Runtime.getRuntime().availableProcessors(), LIMIT);
    private volatile @Nullable Library library;

    /** libcrypt.so.1 as Debian has it, or libcrypt.so.2; loaded at the first use. */
    public Crypt() {
        this(List.of("libcrypt.so.1", "libcrypt.so.2"));
    }

    /** @param libraries file names or paths, the first that can be loaded is taken */
    public Crypt(List<String> libraries) {
        this.libraries = List.copyOf(libraries);
    }

    /** What hashing came to. */
    public sealed interface Result {
        /** The hash, its setting in front. */
        record Hash(String octets) implements Result {}

        /** The library does not know this form of setting, or it is broken, or the phrase is too long. */
        record NotSupported(String library) implements Result {}

        /** There is no such library on this machine. */
        record NoLibrary(String remedy) implements Result {}
    }

    /**
     * Hashes a phrase.
     *
     * @param setting a hash made before, or its beginning with scheme and salt
     */
    public Result hash(String phrase, String setting) throws IOException {
        return switch (library()) {
            case Library.None none -> new Result.NoLibrary(none.remedy);
            case Library.Loaded loaded ->
                phrase.length() > LONGEST_PHRASE || phrase.indexOf('\0') >= 0 || setting.indexOf('\0') >= 0
                        ? new Result.NotSupported(loaded.name)
                        : work.call(() -> hash(loaded, phrase, setting));
        };
    }

    /** A new setting of the scheme this system prefers (yescrypt on Debian); empty where the library cannot say. */
    public Optional<String> preferredSetting() throws IOException {
        return switch (library()) {
            case Library.None none -> Optional.empty();
            case Library.Loaded loaded -> loaded.makeSetting == null ? Optional.empty() : setting(loaded.makeSetting);
        };
    }

    private static Result hash(Library.Loaded library, String phrase, String setting) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment secret = Libc.string(arena, phrase);
            MemorySegment data = arena.allocate(library.dataSize, 16);
            MemorySegment how = Libc.string(arena, setting);
            MemorySegment hash;
            try {
                hash = library.sized
                        ? (MemorySegment) library.hash.invokeExact(secret, how, data, library.dataSize)
                        : (MemorySegment) library.hash.invokeExact(secret, how, data);
            } catch (Throwable t) {
                throw Libc.impossible(t);
            }
            String octets = Libc.string(hash);
            secret.fill((byte) 0);
            data.fill((byte) 0);
            // crypt_r of libxcrypt answers *0 or *1 instead of NULL.
            return octets.isEmpty() || octets.charAt(0) == '*'
                    ? new Result.NotSupported(library.name)
                    : new Result.Hash(octets);
        }
    }

    private static Optional<String> setting(MethodHandle makeSetting) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment output = arena.allocate(SETTING_SIZE);
            MemorySegment setting = (MemorySegment)
                    makeSetting.invokeExact(MemorySegment.NULL, 0L, MemorySegment.NULL, 0, output, SETTING_SIZE);
            return setting.address() == 0 ? Optional.empty() : Optional.of(Libc.string(setting));
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private Library library() {
        Library known = library;
        if (known == null) {
            // Two threads may both load it: dlopen counts.
            known = load();
            library = known;
        }
        return known;
    }

    private Library load() {
        for (String name : libraries) {
            SymbolLookup symbols;
            try {
                symbols = SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException e) {
                continue;
            }
            @Nullable
            MethodHandle makeSetting = symbols.find("crypt_gensalt_rn").isPresent()
                    ? Libc.plain(
                            symbols,
                            "crypt_gensalt_rn",
                            FunctionDescriptor.of(POINTER, POINTER, LONG, POINTER, INT, POINTER, INT))
                    : null;
            if (symbols.find("crypt_rn").isPresent()) {
                FunctionDescriptor type = FunctionDescriptor.of(POINTER, POINTER, POINTER, POINTER, INT);
                return new Library.Loaded(name, Libc.plain(symbols, "crypt_rn", type), true, DATA_SIZE, makeSetting);
            }
            if (symbols.find("crypt_r").isPresent()) {
                FunctionDescriptor type = FunctionDescriptor.of(POINTER, POINTER, POINTER, POINTER);
                return new Library.Loaded(
                        name, Libc.plain(symbols, "crypt_r", type), false, OLD_DATA_SIZE, makeSetting);
            }
        }
        return new Library.None("no " + String.join(" or ", libraries)
                + " on this machine, so hashed passwords cannot be checked: install libcrypt1 (Debian), libxcrypt"
                + " (Fedora)");
    }

    private sealed interface Library {
        /**
         * The functions of a library.
         *
         * @param sized whether the hash function is told the size of its data
         */
        record Loaded(
                String name,
                MethodHandle hash,
                boolean sized,
                int dataSize,
                @Nullable MethodHandle makeSetting) implements Library {}

        record None(String remedy) implements Library {}
    }
}
