package org.postern.relay;

import org.jspecify.annotations.Nullable;
import org.postern.os.Descriptor;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.tcp.IpAddress;

/** A grant's file as relay-ctrl 3.1.1 has it: named as the address, {@code USER=…\0DOMAIN=…\0} inside, each only if set. */
final class GrantFile {
    /** The original reads no more of it. */
    static final int MAX_OCTETS = 8192;

    private GrantFile() {}

    static String content(Holder holder) {
        return entry("USER", holder.user()) + entry("DOMAIN", holder.domain());
    }

    private static String entry(String name, @Nullable String value) {
        return value == null ? "" : name + "=" + value + "\0";
    }

    /** USER and DOMAIN alone come out of a file, whatever else is in it; of two the last, as for putenv(3). */
    static Holder holder(String content) {
        String user = null;
        String domain = null;
        int at = 0;
        // What no NUL ends does not count.
        for (int end = content.indexOf('\0'); end >= 0; end = content.indexOf('\0', at)) {
            String entry = content.substring(at, end);
            if (entry.startsWith("USER=")) {
                user = entry.substring(5);
            } else if (entry.startsWith("DOMAIN=")) {
                domain = entry.substring(7);
            }
            at = end + 1;
        }
        return Holder.ofFit(user, domain);
    }

    /** Only what relay-ctrl itself makes is a grant: others may write into the directory. */
    static Verdict.@Nullable Why unusable(FilesAt.Status status) {
        if (!status.isRegular()) {
            return new Verdict.Why.Unusable("not a regular file");
        }
        if (status.links() > 1) {
            return new Verdict.Why.Unusable("a file with other names");
        }
        return status.size() > MAX_OCTETS ? new Verdict.Why.Unusable("larger than " + MAX_OCTETS + " octets") : null;
    }

    /** All of it, as much as there was when it was looked at. */
    static String read(int descriptor, FilesAt.Status status) throws OsException {
        byte[] octets = new byte[(int) status.size()];
        return octets.length == 0 ? "" : Octets.of(octets, 0, Descriptor.read(descriptor, octets));
    }

    /** The address that a name stands for; null where it is not an address in its canonical form. */
    static @Nullable IpAddress address(String name) {
        return IpAddress.parse(name).filter(a -> a.toString().equals(name)).orElse(null);
    }

    /** A name for a file that is being written: relay-ctrl's form, with "postern" where it has its pid. */
    static String temporary(long micros, int random) {
        // No formatter and no regular expression here: relay-ctrl-allow may be a process of its own.
        String fraction = Long.toString(1_000_000 + micros % 1_000_000).substring(1);
        return "." + micros / 1_000_000 + "." + fraction + ":postern-" + Integer.toHexString(random);
    }
}
