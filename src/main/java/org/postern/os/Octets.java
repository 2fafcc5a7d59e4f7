package org.postern.os;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.file.FileSystems;
import java.nio.file.Path;

/**
 * Octet strings: a {@code String} each of whose chars is one octet (ISO 8859-1). Arguments, environment, protocol lines
 * and file names travel in this form, so that what passes through is never re-encoded, whatever the locale says.
 */
public final class Octets {
    private static final int LONGEST_WORD = 256;

    private Octets() {}

    public static byte[] bytes(String octets) {
        return octets.getBytes(ISO_8859_1);
    }

    public static String of(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    public static String of(byte[] bytes, int offset, int length) {
        return new String(bytes, offset, length, ISO_8859_1);
    }

    /**
     * The path with exactly these octets. {@code Path.of} refuses octets above 127 under the C locale (cron, env -).
     *
     * @throws java.nio.file.InvalidPathException when it has a NUL octet
     */
    public static Path path(String octets) {
        return isAscii(octets) ? Path.of(octets) : UnixPaths.of(bytes(octets));
    }

    /** The octets of a path, as the system has them. */
    public static String of(Path path) {
        String text = path.toString();
        return isAscii(text) ? text : of(UnixPaths.bytes(path));
    }

    /**
     * What a stranger has sent, made fit for a log line: one word, printable, at most 256 octets and three dots. What is
     * not is a question mark, blanks too, so that nobody can write fields of a log line.
     */
    public static String word(String octets) {
        StringBuilder word = new StringBuilder();
        octets.chars().limit(LONGEST_WORD).forEach(c -> word.append(c > ' ' && c < 0x7f ? (char) c : '?'));
        return octets.length() > LONGEST_WORD ? word + "..." : word.toString();
    }

    public static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 127) {
                return false;
            }
        }
        return true;
    }

    /** Letters of ASCII in lower case, all other octets as they are: case_lower of D. J. Bernstein's programs. */
    public static String lowerCase(String octets) {
        StringBuilder lower = null;
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                lower = lower == null ? new StringBuilder(octets) : lower;
                lower.setCharAt(i, (char) (c + ('a' - 'A')));
            }
        }
        return lower == null ? octets : lower.toString();
    }

    /** Letters of ASCII in upper case, all other octets as they are. */
    public static String upperCase(String octets) {
        StringBuilder upper = null;
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c >= 'a' && c <= 'z') {
                upper = upper == null ? new StringBuilder(octets) : upper;
                upper.setCharAt(i, (char) (c - ('a' - 'A')));
            }
        }
        return upper == null ? octets : upper.toString();
    }

    /** sun.nio.fs.UnixPath, which keeps octets but has no public way in or out for those that are not text. */
    private static final class UnixPaths {
        private static final Constructor<?> FROM_BYTES;
        private static final Method TO_BYTES;

        static {
            try {
                Class<?> unixPath = Path.of("/").getClass();
                FROM_BYTES = unixPath.getDeclaredConstructor(
                        FileSystems.getDefault().getClass().getSuperclass(), byte[].class);
                FROM_BYTES.setAccessible(true);
                TO_BYTES = unixPath.getDeclaredMethod("asByteArray");
                TO_BYTES.setAccessible(true);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        static Path of(byte[] bytes) {
            for (byte b : bytes) {
                if (b == 0) {
                    throw new java.nio.file.InvalidPathException(Octets.of(bytes), "Nul character not allowed");
                }
            }
            try {
                return (Path) FROM_BYTES.newInstance(FileSystems.getDefault(), normalized(bytes));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        static byte[] bytes(Path path) {
            try {
                return ((byte[]) TO_BYTES.invoke(path)).clone();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        /** UnixPath expects no doubled and no trailing slash. */
        private static byte[] normalized(byte[] bytes) {
            String text = Octets.of(bytes).replaceAll("/+", "/");
            return Octets.bytes(text.length() > 1 && text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        }
    }
}
