package org.postern.os;

import static org.postern.os.Libc.INT;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file locked by flock(2) for as long as this process runs, its holder's pid inside. Java's own file locks will not
 * do: closing any channel on the file, even after a refused attempt, would release them for the whole process.
 */
public final class LockFile implements Closeable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int PID_OCTETS = 32;

    private final int descriptor;

    private LockFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Locks the file, which is made where it is missing; empty where someone else has it locked. */
    public static Optional<LockFile> tryLock(Path file) throws IOException {
        int descriptor = OpenFile.readWrite(Octets.of(file), 0600);
        boolean kept = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int r = (int) Flock.HANDLE.invokeExact(state, descriptor, LOCK_EX | LOCK_NB);
            if (r < 0 && Libc.errno(state) == Errno.EAGAIN.number()) {
                return Optional.empty();
            }
            Libc.check("flock", r, state);
            writePid(file);
            kept = true;
            return Optional.of(new LockFile(descriptor));
        } catch (IOException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        } finally {
            if (!kept) {
                Descriptor.close(descriptor);
            }
        }
    }

    /** The pid in the file: who holds the lock, or held it last. Empty where there is none. */
    public static Optional<String> holder(Path file) {
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            String pid = Octets.of(in.readNBytes(PID_OCTETS)).strip();
            return pid.isEmpty() || !pid.chars().allMatch(Character::isDigit) ? Optional.empty() : Optional.of(pid);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** For who looks; on a full disk the lock holds without it. */
    private static void writePid(Path file) {
        try (FileOutputStream out = new FileOutputStream(file.toFile())) {
            out.write(Octets.bytes(ProcessHandle.current().pid() + "\n"));
        } catch (IOException e) {
            return;
        }
    }

    @Override
    public void close() {
        Descriptor.close(descriptor);
    }

    private static final class Flock {
        static final MethodHandle HANDLE = Libc.function("flock", FunctionDescriptor.of(INT, INT, INT));
    }
}
