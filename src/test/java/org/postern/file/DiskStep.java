package org.postern.file;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One thing that was done to the disk, as {@link TestingDisk} records it. Files and directories are known by inode. */
sealed interface DiskStep {
    /** A name in a directory. */
    record Name(int directory, String text) {}

    /** @param inode what the name now stands for; null: it is gone */
    record Effect(Name name, @Nullable Integer inode) {}

    /** Names were made, moved or removed, all of these in one step. */
    record Changed(List<Effect> effects) implements DiskStep {}

    record Written(int file, byte[] octets) implements DiskStep {}

    record Truncated(int file, int size) implements DiskStep {}

    record FileSynced(int file) implements DiskStep {}

    /** What was written since the last sync is lost, although a later sync may not say so. */
    record FileSyncFailed(int file) implements DiskStep {}

    record DirectorySynced(int directory) implements DiskStep {}

    /** Something that happened outside the disk, and that no power cut takes back. */
    record Noted(Object what) implements DiskStep {}
}
