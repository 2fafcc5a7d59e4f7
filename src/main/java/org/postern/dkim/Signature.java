package org.postern.dkim;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.postern.config.DkimKey;
import org.postern.mail.MessageSource;
import org.postern.os.Octets;

/** Makes the field DKIM-Signature (RFC 6376 §3.5). */
public final class Signature {
    /** RFC 6376 §5.4.1, RFC 8058 §4, and MIME's: what a reader or his program goes by. */
    private static final List<String> SIGNED = List.of(
            "from",
            "sender",
            "reply-to",
            "to",
            "cc",
            "subject",
            "date",
            "message-id",
            "in-reply-to",
            "references",
            "mime-version",
            "content-type",
            "content-transfer-encoding",
            "resent-from",
            "resent-sender",
            "resent-to",
            "resent-cc",
            "resent-date",
            "resent-message-id",
            "list-id",
            "list-help",
            "list-post",
            "list-owner",
            "list-archive",
            "list-subscribe",
            "list-unsubscribe",
            "list-unsubscribe-post");

    /** Named once more than they are there, so that nobody can add one (RFC 6376 §8.15), there or not. */
    private static final Set<String> NEVER_ADDED = Set.of("from", "reply-to", "to", "cc", "subject");

    /** Named once more only where there is one: a smarthost may add a missing one, and lists add the other fields. */
    private static final Set<String> NEVER_ADDED_WHERE_THERE = Set.of(
            "date",
            "message-id",
            "in-reply-to",
            "references",
            "mime-version",
            "content-type",
            "content-transfer-encoding");

    private static final int LINE = 72;
    private static final int PIECE = 8192;

    private Signature() {}

    /**
     * The message with a signature on top.
     *
     * @param message as it will be sent; read once here, and then as often as the result is read
     * @throws IOException where it cannot be read, or not be signed: it had no objection from {@link Choice}
     */
    public static MessageSource on(MessageSource message, DkimKey.Usable key, Instant now) throws IOException {
        String field;
        try (InputStream in = new BufferedInputStream(message.open())) {
            Header header = Header.read(in).orElseThrow(() -> new IOException("the message's header cannot be signed"));
            field = field(header, bodyHash(in), key, now) + "\n";
        } catch (GeneralSecurityException e) {
            throw new IOException("unable to sign: " + e.getMessage(), e);
        }
        return new Signed(field, message);
    }

    private static byte[] bodyHash(InputStream in) throws IOException, GeneralSecurityException {
        Relaxed.Body body = new Relaxed.Body(MessageDigest.getInstance("SHA-256"));
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            body.write(piece, n);
        }
        return body.hash();
    }

    private static String field(Header header, byte[] bodyHash, DkimKey.Usable key, Instant now)
            throws GeneralSecurityException {
        List<String> names = new ArrayList<>();
        java.security.Signature signature = java.security.Signature.getInstance("SHA256withRSA");
        signature.initSign(key.key());
        for (String name : SIGNED) {
            List<Header.Field> there = header.named(name);
            // RFC 6376 §5.4.2: several of a name are taken from the bottom up.
            for (Header.Field field : there.reversed()) {
                names.add(name);
                signature.update(Octets.bytes(Relaxed.field(name, field.value()) + "\r\n"));
            }
            if (NEVER_ADDED.contains(name) || (NEVER_ADDED_WHERE_THERE.contains(name) && !there.isEmpty())) {
                names.add(name);
            }
        }
        String unsigned = " v=1; a=rsa-sha256; c=relaxed/relaxed; d=" + key.domain() + ";\n\ts=" + key.selector()
                + "; t=" + now.getEpochSecond() + ";\n\tbh="
                + Base64.getEncoder().encodeToString(bodyHash) + ";\n\th=" + folded(names) + ";\n\tb=";
        signature.update(Octets.bytes(Relaxed.field("dkim-signature", unsigned)));
        return "DKIM-Signature:" + unsigned + folded(Base64.getEncoder().encodeToString(signature.sign()));
    }

    private static String folded(List<String> names) {
        StringBuilder folded = new StringBuilder();
        int column = 0;
        for (String name : names) {
            if (column + name.length() > LINE) {
                folded.append("\n\t");
                column = 0;
            }
            folded.append(name).append(':');
            column += name.length() + 1;
        }
        folded.setLength(folded.length() - 1);
        return folded.toString();
    }

    private static String folded(String base64) {
        return base64.replaceAll("(.{" + LINE + "})(?!$)", "$1\n\t");
    }

    private record Signed(String field, MessageSource message) implements MessageSource {
        @Override
        public InputStream open() throws IOException {
            return new SequenceInputStream(new ByteArrayInputStream(Octets.bytes(field)), message.open());
        }

        @Override
        public long size() {
            return field.length() + message.size();
        }
    }
}
