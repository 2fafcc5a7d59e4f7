package org.postern.gateway;

import java.io.IOException;
import java.nio.file.Path;
import org.postern.chain.Log;
import org.postern.os.Nss;
import org.postern.users.AccountSource;
import org.postern.users.Lookup;
import org.postern.users.PasswdFile;
import org.postern.users.StoredPassword;

/** The accounts of {@code users.file}, which may become another file. */
final class CurrentAccounts implements AccountSource {
    private volatile Read current;

    /** A file of accounts that can be used. */
    record Read(Path path, PasswdFile file) {}

    /** @throws IOException where the file cannot be used */
    CurrentAccounts(Path path, Log log) throws IOException {
        current = usable(new Read(path, new PasswdFile(path, new Nss())), log);
    }

    /** Reads a file, which is not used before {@link #take}. */
    Read read(Path path, Log log) throws IOException {
        return usable(path.equals(current.path) ? current : new Read(path, new PasswdFile(path, new Nss())), log);
    }

    private static Read usable(Read read, Log log) throws IOException {
        try {
            read.file.demandReadable(log);
            return read;
        } catch (IOException e) {
            throw new IOException("users.file: " + e.getMessage(), e);
        }
    }

    void take(Read read) {
        current = read;
    }

    @Override
    public Lookup find(String name, Log log) {
        return current.file.find(name, log);
    }

    @Override
    public StoredPassword decoy(String name) {
        return current.file.decoy(name);
    }
}
