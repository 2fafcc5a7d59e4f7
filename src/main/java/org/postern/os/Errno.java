package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The system's errors, in the words of the C library and in those of D. J. Bernstein's programs (error_str). */
public enum Errno {
    EPERM(1, "Operation not permitted", "permission denied"),
    ENOENT(2, "No such file or directory", "file does not exist"),
    EINTR(4, "Interrupted system call", "interrupted system call"),
    EIO(5, "Input/output error", "input/output error"),
    ENXIO(6, "No such device or address", "device not configured"),
    E2BIG(7, "Argument list too long", "argument list too long"),
    ENOEXEC(8, "Exec format error", "exec format error"),
    EBADF(9, "Bad file descriptor", "file descriptor not open"),
    ECHILD(10, "No child processes", "no child processes"),
    EAGAIN(11, "Resource temporarily unavailable", "temporary failure"),
    ENOMEM(12, "Cannot allocate memory", "out of memory"),
    EACCES(13, "Permission denied", "access denied"),
    EBUSY(16, "Device or resource busy", "device busy"),
    EEXIST(17, "File exists", "file already exists"),
    EXDEV(18, "Invalid cross-device link", "cross-device link"),
    ENODEV(19, "No such device", "device does not support operation"),
    ENOTDIR(20, "Not a directory", "not a directory"),
    EISDIR(21, "Is a directory", "is a directory"),
    EINVAL(22, "Invalid argument", "invalid argument"),
    ENFILE(23, "Too many open files in system", "system cannot open more files"),
    EMFILE(24, "Too many open files", "process cannot open more files"),
    ETXTBSY(26, "Text file busy", "text busy"),
    EFBIG(27, "File too large", "file too large"),
    ENOSPC(28, "No space left on device", "out of disk space"),
    ESPIPE(29, "Illegal seek", "unable to seek"),
    EROFS(30, "Read-only file system", "read-only file system"),
    EMLINK(31, "Too many links", "too many links"),
    EPIPE(32, "Broken pipe", "broken pipe"),
    EDEADLK(35, "Resource deadlock avoided", "operation would cause deadlock"),
    ENAMETOOLONG(36, "File name too long", "file name too long"),
    ENOTEMPTY(39, "Directory not empty", "directory not empty"),
    ELOOP(40, "Too many levels of symbolic links", "symbolic link loop"),
    EADDRINUSE(98, "Address already in use", "address already used"),
    EADDRNOTAVAIL(99, "Cannot assign requested address", "address not available"),
    ENETUNREACH(101, "Network is unreachable", "network unreachable"),
    ECONNABORTED(103, "Software caused connection abort", "connection aborted"),
    ECONNRESET(104, "Connection reset by peer", "connection reset"),
    ETIMEDOUT(110, "Connection timed out", "timed out"),
    ECONNREFUSED(111, "Connection refused", "connection refused"),
    EHOSTUNREACH(113, "No route to host", "host unreachable"),
    EDQUOT(122, "Disk quota exceeded", "disk quota exceeded");

    private final int number;
    private final String text;
    private final String djbText;

    Errno(int number, String text, String djbText) {
        this.number = number;
        this.text = text;
        this.djbText = djbText;
    }

    /** Linux's number for it. */
    public int number() {
        return number;
    }

    /** strerror(3)'s words: relay-ctrl prints these. */
    public String text() {
        return text;
    }

    /** error_str()'s words: daemontools, ucspi-tcp and qmail print these. */
    public String djbText() {
        return djbText;
    }

    public static @Nullable Errno of(int number) {
        for (Errno e : values()) {
            if (e.number == number) {
                return e;
            }
        }
        return null;
    }

    /** strerror(3)'s words for Linux's number. */
    public static String text(int number) {
        Errno errno = of(number);
        return errno != null ? errno.text : "error " + number;
    }

    /** strerror(3)'s words for what Java threw. */
    public static String text(IOException e) {
        Errno errno = of(e);
        return errno != null ? errno.text : reason(e);
    }

    /** error_str()'s words for what Java threw. */
    public static String djbText(IOException e) {
        Errno errno = of(e);
        return errno != null ? errno.djbText : reason(e);
    }

    /** error_str()'s words, behind the name of the file that the exception names. */
    public static String djbTextWithFile(IOException e) {
        return (e instanceof FileSystemException fs && fs.getFile() != null ? fs.getFile() + ": " : "") + djbText(e);
    }

    /** The error behind what Java threw; null where Java does not say. */
    public static @Nullable Errno of(IOException e) {
        return switch (e) {
            case OsException os -> of(os.errno());
            case NoSuchFileException x -> ENOENT;
            case AccessDeniedException x -> EACCES;
            case FileAlreadyExistsException x -> EEXIST;
            case NotDirectoryException x -> ENOTDIR;
            case DirectoryNotEmptyException x -> ENOTEMPTY;
            case FileSystemLoopException x -> ELOOP;
            case FileSystemException fs -> byText(fs.getReason());
            default -> byText(e.getMessage());
        };
    }

    private static @Nullable Errno byText(@Nullable String reason) {
        return reason == null ? null : byText(reason, Words::of);
    }

    /** The words are the C library's, in the language of this process: Java keeps those of its streams and no number. */
    static @Nullable Errno byText(String reason, IntFunction<String> words) {
        for (Errno e : values()) {
            if (isOf(reason, e.text)) {
                return e;
            }
        }
        for (Errno e : values()) {
            if (isOf(reason, words.apply(e.number))) {
                return e;
            }
        }
        return null;
    }

    /** For ELOOP Java adds "or unable to access attributes of symbolic link". */
    private static boolean isOf(String reason, String text) {
        return reason.equals(text) || reason.endsWith("(" + text + ")") || reason.startsWith(text + " or ");
    }

    /** strerror(3), as Java reads it. */
    private static final class Words {
        private static final MethodHandle STRERROR = Libc.plain("strerror", FunctionDescriptor.of(POINTER, INT));
        private static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

        static String of(int number) {
            try {
                MemorySegment text = (MemorySegment) STRERROR.invokeExact(number);
                return new String(Octets.bytes(Libc.string(text)), CHARSET);
            } catch (Throwable t) {
                throw Libc.impossible(t);
            }
        }
    }

    private static String reason(IOException e) {
        String reason = e instanceof FileSystemException fs ? fs.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
