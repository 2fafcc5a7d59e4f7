package org.postern.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.postern.file.Cdb;

/**
 * morercpthosts.cdb, as qmail-newmrh writes it: the keys are the names. Opened for each name, so that a file put in its
 * place by a rename is seen at once.
 */
record MoreRcptHosts(Path file) implements RcptHosts.More {
    /** @throws IOException where it is there and cannot be opened */
    static boolean isThere(Path file) throws IOException {
        if (Files.notExists(file)) {
            return false;
        }
        FileChannel.open(file).close();
        return true;
    }

    @Override
    public boolean contains(String name) throws IOException {
        try (Cdb cdb = Cdb.open(file)) {
            return cdb.find(name).isPresent();
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage() + "; make it again with qmail-newmrh", e);
        }
    }
}
