package org.postern.local;

import java.nio.file.Path;
import java.util.List;
import org.postern.os.Identity;

/**
 * Whose mail a local part is, and where its .qmail files are (qmail-users(5)).
 *
 * @param user the user's name
 * @param uid whose rights the delivery has
 * @param gid its one group
 * @param directory where .qmail files, Maildir and Mailbox are
 * @param dash what stands between {@code .qmail} and the extension: empty for the user's own address, else {@code -}
 * @param extension what of the local part is behind the user's name and dash
 * @param own whether the address is the user's own, not one that his .qmail files may make or not
 */
public record Home(String user, int uid, int gid, Path directory, String dash, String extension, boolean own) {
    /** The same user's own address. */
    Home itself() {
        return new Home(user, uid, gid, directory, "", "", true);
    }

    public Identity identity() {
        return new Identity(uid, gid, List.of(gid));
    }
}
