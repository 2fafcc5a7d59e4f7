package org.postern.dkim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.postern.config.DkimKey;
import org.postern.mail.MessageSource;
import org.postern.mail.TestingMessage;
import org.postern.os.Octets;

/** The shape of the field; whether it verifies is for DkimInteropIT. */
class SignatureTest {
    private static final DkimKey.Usable KEY = TestingKey.of("example.com", "s");
    private static final String NOTHING = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    private static String signed(String message) throws IOException {
        MessageSource signed = Signature.on(new TestingMessage(message), KEY, Instant.ofEpochSecond(1795500000));
        try (InputStream in = signed.open()) {
            String text = Octets.of(in.readAllBytes());
            assertThat((long) text.length()).isEqualTo(signed.size());
            assertThat(text).endsWith(message);
            return text.substring(0, text.length() - message.length());
        }
    }

    private static String tag(String field, String name) {
        return (" " + field.replaceAll("\\s", ""))
                .split("[:; ]" + name + "=", 2)[1]
                .split(";", 2)[0];
    }

    private static String hash(String body, int piece) throws Exception {
        Relaxed.Body hash = new Relaxed.Body(MessageDigest.getInstance("SHA-256"));
        byte[] octets = Octets.bytes(body);
        for (int at = 0; at < octets.length; at += piece) {
            int n = Math.min(piece, octets.length - at);
            hash.write(java.util.Arrays.copyOfRange(octets, at, at + n), n);
        }
        return Base64.getEncoder().encodeToString(hash.hash());
    }

    private static String sha256(String text) throws Exception {
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(Octets.bytes(text)));
    }

    @Test
    void theFieldsTags() throws IOException {
        String field = signed("From: a@example.com\nSubject: t\n\n");
        assertThat(field)
                .startsWith(
                        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;\n\ts=s; t=1795500000;\n")
                .endsWith("\n");
        assertThat(field.lines()).allMatch(line -> line.length() <= 78).hasSizeGreaterThan(8);
        assertThat(tag(field, "bh")).isEqualTo(NOTHING);
        assertThat(tag(field, "h")).isEqualTo("from:from:reply-to:to:cc:subject:subject");
    }

    /** RFC 6376 §8.15: what is named once more cannot be added; what a smarthost adds is named only where it is there. */
    @Test
    void whatIsThereIsSignedAndMostOfItCannotBeAddedTo() throws IOException {
        String field = signed("Received: x\nFrom: a@example.com\nTO: b@c\nTo: d@e\nDate: d\nList-Id: <l>\nX-Y: z\n"
                + "Return-Path: <>\nSender: a@b\n\n");
        assertThat(tag(field, "h")).isEqualTo("from:from:sender:reply-to:to:to:to:cc:subject:date:date:list-id");
    }

    /** RFC 6376 §3.4.6. */
    @Test
    void theRfcsExample() throws Exception {
        assertThat(Relaxed.field("A", " X")).isEqualTo("a:X");
        assertThat(Relaxed.field("B", " Y\t\n\tZ  \n")).isEqualTo("b:Y Z");
        assertThat(hash(" C \nD \t E\n\n\n", 1)).isEqualTo(sha256(" C\r\nD E\r\n"));
    }

    /** RFC 8463 A.3. */
    @Test
    void theHashOfTheOtherRfcsExample() throws Exception {
        String body = "Hi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";
        assertThat(hash(body, 7)).isEqualTo("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
    }

    @Test
    void aBodyCutAnywhereHasOneHash() throws Exception {
        String body = "\r\n \t a \t b\r\n\r\n  \n\rc\rd\r\r\n\n x";
        for (int piece = 1; piece <= body.length(); piece++) {
            assertThat(hash(body, piece)).isEqualTo(sha256("\r\n a b\r\n\r\n\r\n c d\r\n\r\n x\r\n"));
        }
        for (String nothing : new String[] {"", "\n", "\r\n\r\n", " \t\n \n\n", " ", "\r"}) {
            assertThat(hash(nothing, 2)).isEqualTo(NOTHING);
        }
        assertThat(hash("x".repeat(8191) + "\n" + "y".repeat(9000), 8192))
                .isEqualTo(sha256("x".repeat(8191) + "\r\n" + "y".repeat(9000) + "\r\n"));
    }
}
