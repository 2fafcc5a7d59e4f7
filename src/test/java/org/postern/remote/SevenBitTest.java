package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.postern.config.RemoteSettings;
import org.postern.config.SmtpRoute;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.TestingMessage;
import org.postern.os.Octets;

class SevenBitTest {
    private static String converted(String message) throws IOException {
        try (InputStream in = SevenBit.of(new TestingMessage(message)).open()) {
            return Octets.of(in.readAllBytes());
        }
    }

    @Test
    void whatHasNoMimeBecomesMime() throws IOException {
        assertThat(converted("Subject: \u00e9\n\nna\u00efve = yes \n"))
                .isEqualTo("Subject: \u00e9\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
                        + "Content-Transfer-Encoding: quoted-printable\n\nna=EFve =3D yes=20\n");
        assertThat(converted("\n\u00e9")).endsWith("Content-Transfer-Encoding: quoted-printable\n\n=E9");
        assertThat(converted("no header \u00e9\n")).endsWith("quoted-printable\n\nno header =E9\n");
    }

    @Test
    void theDeclaredEncodingIsReplacedAndTheTypeStays() throws IOException {
        assertThat(converted("""
                MIME-Version: 1.0
                content-transfer-ENCODING:
                 8bit
                Content-Type: text/plain;
                 charset=utf-8

                \u00c3\u00a9
                """)).isEqualTo("""
                MIME-Version: 1.0
                Content-Type: text/plain;
                 charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                =C3=A9
                """);
    }

    @Test
    void ofManyPartsThoseThatNeedItAreEncoded() throws IOException {
        String inner = """
                Content-Type: multipart/alternative; boundary=in

                --in

                ascii = ascii
                --in
                Content-Type: text/html

                %s
                --in--
                """;
        String message = """
                MIME-Version: 1.0
                Content-Type: multipart/mixed;
                 boundary="o \\"ut"
                Content-Transfer-Encoding: %s

                preamble
                --o "ut
                %s
                --o "ut
                Content-Type: message/rfc822
                %s
                Subject: inside
                %s
                %s
                --o "ut
                Content-Type: application/octet-stream
                Content-Transfer-Encoding: base64

                AAAA
                --o "ut--
                epilogue
                """;
        assertThat(converted(message.formatted(
                        "8bit", inner.formatted("\u00e9"), "Content-Transfer-Encoding: 8bit\n", "", "\u00e8")))
                .isEqualTo(message.formatted(
                        "7bit",
                        inner.replace("text/html\n", "text/html\nContent-Transfer-Encoding: quoted-printable\n")
                                .formatted("=E9"),
                        "Content-Transfer-Encoding: 7bit\n",
                        "Content-Type: text/plain; charset=unknown-8bit\n"
                                + "Content-Transfer-Encoding: quoted-printable\n",
                        "=E8"));
    }

    @Test
    void whatNeedsNothingStaysAsItIs() throws IOException {
        for (String same : new String[] {
            "",
            "\n",
            "x",
            "Subject: x",
            "Subject: x\n",
            "Subject: \u00e9\n\nx=\n.\n",
            "A: " + "y".repeat(20_000) + "\nB: z\n\n" + "x".repeat(20_000) + "\n",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"
        }) {
            assertThat(converted(same)).isEqualTo(same);
        }
    }

    @Property(tries = 300)
    void whatIsEncodedIsShortAnd7BitAndTheSame(
            @ForAll @StringLength(max = 400) @CharRange(from = '\u0000', to = '\u00ff') String some,
            @ForAll boolean blanks)
            throws IOException {
        String body = (blanks ? some.replaceAll("[a-z\u0080-\u00b0]", " ") : some) + "\u00ff";
        String message = converted("Subject: x\n\n" + body);
        String encoded = message.substring(message.indexOf("\n\n") + 2);
        assertThat(encoded).matches("(?s)[\\t\\n -~]*");
        assertThat(encoded.lines())
                .allMatch(line -> line.length() <= 76 && !line.endsWith(" ") && !line.endsWith("\t"));
        assertThat(decoded(encoded)).isEqualTo(body);
    }

    /** RFC 2045 §6.7. */
    private static String decoded(String encoded) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) != '=') {
                octets.write(encoded.charAt(i));
            } else if (encoded.charAt(i + 1) == '\n') {
                i++;
            } else {
                octets.write(Integer.parseInt(encoded.substring(i + 1, i + 3), 16));
                i += 2;
            }
        }
        return Octets.of(octets.toByteArray());
    }

    @Test
    void aHostWithout8BitmimeGetsItAndTheSizeOfWhatIsSent() throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of("EHLO", "250-s\r\n250 SIZE\r\n"))) {
            RemoteSettings settings =
                    RemoteSettings.of("me", java.util.List.of(new SmtpRoute("", "127.0.0.1", server.port())));
            assertThat(TestingRemote.deliverer(settings)
                            .deliver(new Delivery("1", "a@b", "x@y", new TestingMessage("A: b\n\n\u00e9\n"))))
                    .isInstanceOf(Delivered.class);
            assertThat(server.commands())
                    .startsWith("MAIL FROM:<a@b> SIZE=" + ("""
                            A: b
                            MIME-Version: 1.0
                            Content-Type: text/plain; charset=unknown-8bit
                            Content-Transfer-Encoding: quoted-printable

                            =E9
                            """.length() + 6) + "\r\n")
                    .contains("\r\n\r\n=E9\r\n.\r\n");
        }
    }
}
