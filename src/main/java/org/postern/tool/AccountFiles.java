package org.postern.tool;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.postern.chain.Tool;
import org.postern.os.Nss;
import org.postern.users.AccountSource;
import org.postern.users.PasswdFile;

/**
 * Which accounts a program is to use: those of the file that CHECKPASSWORD_FILE names, else of /etc/postern/users where
 * that exists, else the system's. A file that was read stays in memory for the next login.
 */
final class AccountFiles {
    static final Path DEFAULT_FILE = Path.of("/etc/postern/users");

    private static final int MOST_KEPT = 64;

    private final Path defaultFile;
    private final AccountSource system;
    private final Nss nss;
    private final ConcurrentMap<Key, PasswdFile> kept = new ConcurrentHashMap<>();

    AccountFiles(Path defaultFile, AccountSource system, Nss nss) {
        this.defaultFile = defaultFile;
        this.system = system;
        this.nss = nss;
    }

    /** What root has read is not another user's to use. */
    private record Key(Path file, int uid) {}

    /** @throws IOException where CHECKPASSWORD_FILE is empty: falling back to other accounts could let strangers in */
    AccountSource of(Tool.Invocation call) throws IOException {
        return listed(call).orElse(system);
    }

    /** The accounts of the file, where there is one to be used. */
    Optional<AccountSource> listed(Tool.Invocation call) throws IOException {
        String named = call.env().get("CHECKPASSWORD_FILE");
        if (named == null) {
            // A file that is there and cannot be seen is used, and fails.
            return Files.notExists(defaultFile) ? Optional.empty() : Optional.of(file(defaultFile, call));
        }
        if (named.isEmpty()) {
            throw new IOException("CHECKPASSWORD_FILE is empty: name a file, or unset it");
        }
        return Optional.of(file(call.path(named), call));
    }

    /** The same, where the process may read the file: passwords are not for everyone's eyes. */
    Optional<AccountSource> readable(Tool.Invocation call) throws IOException {
        Path file = call.env()
                .find("CHECKPASSWORD_FILE")
                .filter(named -> !named.isEmpty())
                .map(call::path)
                .orElse(defaultFile);
        try (SeekableByteChannel _ = Files.newByteChannel(file)) {
            return listed(call);
        } catch (AccessDeniedException | NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private PasswdFile file(Path file, Tool.Invocation call) {
        Key key = new Key(file, call.identity().uid());
        PasswdFile known = kept.get(key);
        if (known != null) {
            return known;
        }
        if (kept.size() >= MOST_KEPT) {
            return new PasswdFile(file, nss);
        }
        return kept.computeIfAbsent(key, k -> new PasswdFile(file, nss));
    }
}
