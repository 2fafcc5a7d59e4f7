package org.postern.local;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.postern.chain.Env;
import org.postern.mail.Mailbox;
import org.postern.os.Octets;

/** The environment that programs of .qmail files get (qmail-command(8)). */
final class ProgramEnvironment {
    private ProgramEnvironment() {}

    static Env of(
            Env base,
            Home home,
            Mailbox recipient,
            String sender,
            String newSender,
            EnvelopeLines lines,
            Optional<String> defaultPart) {
        Map<String, String> set = new LinkedHashMap<>();
        String host = recipient.domain();
        set.put("HOST", host);
        set.put("HOME", Octets.of(home.directory()));
        set.put("USER", home.user());
        set.put("LOCAL", recipient.localPart());
        set.put("RECIPIENT", recipient.localPart() + "@" + host);
        set.put("DTLINE", lines.deliveredTo());
        set.put("SENDER", sender);
        set.put("RPLINE", lines.returnPath());
        set.put("UFLINE", lines.from());
        String extension = home.extension();
        set.put("EXT", extension);
        for (int i = 2; i <= 4; i++) {
            extension =
                    extension.substring(extension.indexOf('-') < 0 ? extension.length() : extension.indexOf('-') + 1);
            set.put("EXT" + i, extension);
        }
        for (int i = 2; i <= 4; i++) {
            host = host.lastIndexOf('.') < 0 ? host : host.substring(0, host.lastIndexOf('.'));
            set.put("HOST" + i, host);
        }
        set.put("NEWSENDER", newSender);
        defaultPart.ifPresent(part -> set.put("DEFAULT", part));
        return base.withAll(set);
    }
}
