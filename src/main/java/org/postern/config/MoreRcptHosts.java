package org.postern.config;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.postern.file.Cdb;

/**
 * morercpthosts.cdb, as qmail-newmrh writes it: the keys are the names. Opened for each look-up, so that a file put in
 * its place by a rename is seen at once.
 */
record MoreRcptHosts(Path file) implements RcptHosts.More {
    /** @throws IOException where it is there and cannot be opened */
    static boolean isThere(Path file) throws IOException {
        if (Files.notExists(file)) {
            return false;
        }
        Files.newByteChannel(file).close();
        return true;
    }

    @Override
    public boolean containsAny(List<String> names) throws IOException {
        try (Cdb cdb = Cdb.open(file)) {
            for (String name : names) {
                if (cdb.find(name).isPresent()) {
                    return true;
                }
            }
            return false;
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage() + "; make it again with qmail-newmrh", e);
        }
    }
}
