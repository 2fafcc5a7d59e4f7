package org.postern.tool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Pattern;
import org.postern.file.Disk;
import org.postern.file.NewFile;
import org.postern.gateway.MailHome;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.os.Octets;

/**
 * The account that init makes, in a new file of accounts, with a Maildir; the postmaster's mail goes there as well.
 *
 * @param isMade whether the password was made, and nobody knows it yet
 * @param home of the account: a directory in the state directory
 * @param hashed whether a hash of the password is kept, and not itself
 */
record FirstUser(String name, String password, boolean isMade, Path file, Path home, boolean hashed) {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@+-]{1,64}");

    private static final int MODE = 0600;
    /**
     * Makes file and Maildir; the directory that the file is in is there.
     *
     * @param owner whose the mail is
     * @param self whose rights this process has
     */
    void make(Identity owner, Identity self) throws IOException {
        directories(state());
        directories(mail());
        MailHome.make(home, owner, self);
        String ids = self.isRoot() ? owner.uid() + ":" + owner.gid() : ":";
        String rest = ":" + ids + "::" + Octets.of(home) + ":\n";
        NewFile.write(
                Disk.real(),
                file,
                "# name:{SCHEME}password:uid:gid:gecos:home:shell, docs/users.md\n" + name + ":" + field() + rest
                        + "postmaster:" + rest,
                MODE);
    }

    /** The state directory. */
    Path state() {
        return Objects.requireNonNull(mail().getParent());
    }

    /** Where the homes are. */
    Path mail() {
        return Objects.requireNonNull(home.getParent());
    }

    /** Open for everybody's way through: local programs reach the queue, users their mail. */
    private static void directories(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        }
    }

    private String field() throws IOException {
        if (!hashed) {
            return password.indexOf(':') < 0
                    ? "{PLAIN}" + password
                    : "{PLAIN.B64}"
                            + Base64.getEncoder().encodeToString(password.getBytes(StandardCharsets.ISO_8859_1));
        }
        Crypt crypt = new Crypt();
        String setting = crypt.preferredSetting()
                .orElseThrow(() -> new IOException(
                        "--hash: libcrypt makes no hash here: install libcrypt1, or leave" + " --hash away"));
        return switch (crypt.hash(password, setting)) {
            case Crypt.Result.Hash made -> "{CRYPT}" + made.octets();
            case Crypt.Result.NotSupported not -> throw new IOException("--hash: " + not.library() + " makes no hash");
            case Crypt.Result.NoLibrary none -> throw new IOException("--hash: " + none.remedy());
        };
    }
}
