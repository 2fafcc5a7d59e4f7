package org.postern.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** The file system itself. */
enum RealDisk implements Disk {
    INSTANCE;

    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private static final Set<OpenOption> APPEND = Set.of(StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS);

    @Override
    public Output create(Path file, int mode) throws IOException {
        Set<PosixFilePermission> permissions = permissions(mode);
        FileChannel channel = FileChannel.open(file, CREATE, PosixFilePermissions.asFileAttribute(permissions));
        try {
            // The umask may have cut bits; only others' and the group's can be concerned.
            if ((mode & 077) != 0) {
                Files.setPosixFilePermissions(file, permissions);
            }
            return new ChannelOutput(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public Appended append(Path file) throws IOException {
        return new ChannelOutput(FileChannel.open(file, APPEND));
    }

    @Override
    public void createDirectory(Path directory, int mode) throws IOException {
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(permissions(0700)));
        Files.setAttribute(directory, "unix:mode", mode);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void link(Path existing, Path added) throws IOException {
        Files.createLink(added, existing);
    }

    @Override
    public void unlink(Path file) throws IOException {
        Files.delete(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] all = {
            PosixFilePermission.OTHERS_EXECUTE,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_READ
        };
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode & 1 << bit) != 0) {
                permissions.add(all[bit]);
            }
        }
        return permissions;
    }

    private record ChannelOutput(FileChannel channel) implements Appended {
        private static final int PIECE = 256 << 10;

        /** In pieces: the JVM keeps a buffer outside its heap as large as the largest write of a thread. */
        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            int end = offset + length;
            ByteBuffer buffer = ByteBuffer.wrap(from, offset, length);
            while (buffer.position() < end) {
                buffer.limit(Math.min(end, buffer.position() + PIECE));
                channel.write(buffer);
            }
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public boolean tryLock() throws IOException {
            return channel.tryLock() != null;
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
