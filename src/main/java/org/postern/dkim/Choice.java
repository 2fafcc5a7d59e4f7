package org.postern.dkim;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.postern.config.DkimKey;
import org.postern.config.DkimKeys;
import org.postern.mail.MessageSource;
import org.postern.mail.Provenance;

/** Whether a message is signed, and by which key: that of the domain in From, where the message is the site's own. */
public sealed interface Choice {
    record By(DkimKey.Usable key) implements Choice {}

    /** @param why empty where no key of ours is for the message; else what a log should say */
    record Unsigned(String why) implements Choice {}

    /** @param domain whose key cannot be used */
    record Broken(String domain, String why) implements Choice {}

    static Choice of(MessageSource message, Provenance provenance, DkimKeys keys) throws IOException {
        if (keys.keys().isEmpty()) {
            return new Unsigned("");
        }
        Optional<Header> header;
        try (InputStream in = new BufferedInputStream(message.open())) {
            header = Header.read(in);
        }
        List<Header.Field> from = header.map(h -> h.named("from")).orElse(List.of());
        Optional<DkimKey> key =
                from.stream().findFirst().flatMap(f -> FromDomain.of(f.value())).flatMap(keys::of);
        if (header.isEmpty() || key.isEmpty()) {
            return new Unsigned(header.isEmpty() ? "its header has a line that is no field, or is too large" : "");
        }
        Optional<String> objection =
                from.size() > 1 ? Optional.of("it has several From fields") : objection(header.get(), provenance);
        return switch (key.get()) {
            case DkimKey _ when objection.isPresent() -> new Unsigned(objection.get());
            case DkimKey.Usable usable -> new By(usable);
            case DkimKey.Broken broken -> new Broken(broken.domain(), broken.why());
        };
    }

    private static Optional<String> objection(Header header, Provenance provenance) {
        return switch (provenance) {
            case OWN -> Optional.empty();
            case STRANGER -> Optional.of("it came from a client without the right to relay");
            // The queue's own line is one; with another the program sends on what it had received.
            case PROGRAM ->
                header.named("received").size() > 1
                                || !header.named("delivered-to").isEmpty()
                        ? Optional.of("a program sent on what it had received")
                        : Optional.empty();
        };
    }
}
