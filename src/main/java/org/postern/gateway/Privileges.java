package org.postern.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.postern.config.Settings;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.ThisProcess;

/** Root's rights, which serve gives up for good once its ports are bound. */
final class Privileges {
    private Privileges() {}

    /** Whether they are to be given up. */
    static boolean areGivenUp(Settings settings, Identity self) {
        return self.isRoot() && settings.user().isPresent();
    }

    /**
     * Becomes the user of the settings, where there is one; all threads of the process do.
     *
     * @param self whose rights the process has
     * @return whose it has now
     * @throws IOException where it cannot be, or the state directory is another user's; with the remedy
     */
    static Identity giveUp(Settings settings, Identity self) throws IOException {
        if (settings.user().isEmpty()) {
            return self;
        }
        String name = settings.user().get();
        Nss nss = new Nss();
        Nss.Passwd user = nss.passwd(name)
                .orElseThrow(() -> new IOException(
                        "user: there is no user " + name + ": make one, useradd --system --user-group " + name));
        int gid = user.gid();
        if (settings.group().isPresent()) {
            String group = settings.group().get();
            gid = nss.gid(group).orElseThrow(() -> new IOException("group: there is no group " + group));
        }
        if (user.uid() == 0) {
            throw new IOException("user: " + name + " has uid 0, which is root: name another, or remove it");
        }
        if (!self.isRoot()) {
            if (user.uid() != self.uid()) {
                throw new IOException("user: only root can become " + name + ", and this runs as uid " + self.uid()
                        + ": start it as root, or remove user");
            }
            return self;
        }
        Identity wanted = new Identity(user.uid(), gid, nss.groups(name, gid));
        home(settings.home(), wanted, name);
        ThisProcess.become(wanted);
        return ThisProcess.identity();
    }

    /** The state directory is made for the user; one that is there must be his already, with what is in it. */
    private static void home(Path home, Identity owner, String name) throws IOException {
        if (Files.notExists(home)) {
            Files.createDirectories(home);
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
            Files.setAttribute(home, "unix:uid", owner.uid());
            Files.setAttribute(home, "unix:gid", owner.gid());
        }
        for (Path each : List.of(home, home.resolve("queue"), home.resolve("relay"))) {
            if (Files.exists(each, LinkOption.NOFOLLOW_LINKS)
                    && (int) Files.getAttribute(each, "unix:uid", LinkOption.NOFOLLOW_LINKS) != owner.uid()) {
                throw new IOException("home: " + each + " is not " + name + "'s: while nothing runs there, chown -R "
                        + name + ": " + home);
            }
        }
    }
}
