package org.postern.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.postern.maildir.Maildir;
import org.postern.os.Identity;
import org.postern.os.ThreadIdentity;

/** The home of an account that is made for it, with its Maildir. */
public final class MailHome {
    private MailHome() {}

    /**
     * Makes what is missing of it: the home in a directory that is ours alone, and all below it with its user's rights, so
     * that a link there leads root nowhere.
     *
     * @param owner whose it is
     * @param self whose rights this process has; another's than the owner's only where it is root
     */
    public static void make(Path home, Identity owner, Identity self) throws IOException {
        if (!Files.exists(home)) {
            Files.createDirectory(home);
            if (self.isRoot()) {
                Files.setAttribute(home, "unix:uid", owner.uid(), LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(home, "unix:gid", owner.gid(), LinkOption.NOFOLLOW_LINKS);
            }
        }
        Path maildir = home.resolve("Maildir");
        try {
            boolean _ = ThreadIdentity.as(self.isRoot() ? owner : self, () -> makeMaildir(maildir));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static boolean makeMaildir(Path maildir) throws IOException {
        if (Files.exists(maildir)) {
            return false;
        }
        Maildir.make(maildir);
        return true;
    }
}
