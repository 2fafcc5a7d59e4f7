package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.DkimKey;
import org.postern.config.DkimKeys;
import org.postern.config.RemoteSettings;
import org.postern.config.SmtpRoute;
import org.postern.dkim.TestingKey;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.Provenance;
import org.postern.mail.TestingMessage;
import org.postern.os.Octets;

/** What the next hop gets of odd messages, verified by Debian's opendkim, python3-dkim and libmail-dkim-perl. */
class DkimInteropIT {
    private static final Path RESOURCES = Path.of("src/test/resources/dkim").toAbsolutePath();
    private static final String OFFERS_8BITMIME = "250-sink\r\n250-PIPELINING\r\n250-SIZE\r\n250 8BITMIME\r\n";
    private static final String TOP = "Received: (qmail 1 invoked by uid 0); 1 Jan 2026 00:00:00 -0000\n";
    private static final String HEADER = TOP + "From: Joe <joe@example.com>\nTo: x@sink.test\nSubject: t\n";

    private static final Map<String, String> MESSAGES = new LinkedHashMap<>();

    static {
        MESSAGES.put("plain", HEADER + "\nHello.\n");
        MESSAGES.put("no-body", HEADER + "\n");
        MESSAGES.put("no-empty-line", HEADER);
        MESSAGES.put("blank-lines-only", HEADER + "\n\n \n\t \n\n");
        MESSAGES.put("trailing-blank-lines", HEADER + "\nx\n\n \n\n\n");
        MESSAGES.put("leading-blank-lines", HEADER + "\n\n\n  x\n");
        MESSAGES.put("no-final-newline", HEADER + "\nx\ny");
        MESSAGES.put("final-blanks", HEADER + "\nx  \t\n y\t \t");
        MESSAGES.put("blanks", HEADER + "\n a  b\t\tc \t d\n\t\te \n  \nf\n");
        MESSAGES.put("dots", HEADER + "\n.\n..\n.x\n...\nx.\n.\n");
        MESSAGES.put("crlf", (HEADER + "\nx \ny\n\n").replace("\n", "\r\n"));
        MESSAGES.put("lone-cr", HEADER + "\na\rb\r\rc\r\r\nd\r\ne\r");
        MESSAGES.put(
                "folded",
                TOP + "From: Joe\n <joe@example.com>\nTo: a@sink.test,\n\tb@sink.test\n"
                        + "Subject:  a\n   b \t\n  c  \nReferences:\n <1@x>\n\t<2@x>\n\nx\n");
        MESSAGES.put("no-values", TOP + "From: joe@example.com\nSubject:\nCc: \nReply-To:\t\n\nx\n");
        MESSAGES.put("case", TOP + "FROM: joe@Example.COM\nsUBJECT: T\nmessage-ID: <A@b>\n\nx\n");
        MESSAGES.put("several", HEADER + "To: b@sink.test\nSubject: second\nList-Id: <a.b>\nList-Post: NO\n\nx\n");
        MESSAGES.put("many", HEADER + "To: y@sink.test\n".repeat(60) + "\nx\n");
        MESSAGES.put(
                "all",
                TOP + "From: joe@example.com\nSender: s@example.com\nReply-To: r@example.com\nTo: a@b.test\n"
                        + "Cc: c@b.test\nSubject: t\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.com>\n"
                        + "In-Reply-To: <0@x>\nReferences: <0@x>\nMIME-Version: 1.0\nContent-Type: text/plain\n"
                        + "Content-Transfer-Encoding: 7bit\nResent-From: q@example.com\nResent-Date: now\n"
                        + "List-Unsubscribe: <https://example.com/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
                        + "X-Other: not signed\n\nx\n");
        MESSAGES.put("below", TOP + "From: joe@sub.example.com\nSubject: a key above\n\nx\n");
        MESSAGES.put("latin-1", TOP + "From: B\u00fcro <joe@example.com>\nSubject: \u00fc\u00e4 \u00df\n\n\u00e9\n");
        MESSAGES.put(
                "utf-8",
                TOP + "From: B\u00c3\u00bcro <joe@example.com>\nSubject: \u00e2\u0082\u00ac\nMIME-Version: 1.0\n"
                        + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\u00e2\u0082\u00ac \n=\n");
        MESSAGES.put(
                "multipart",
                TOP + "From: joe@example.com\nMIME-Version: 1.0\n"
                        + "Content-Type: multipart/mixed;\n boundary=\"b b\"\n\npreamble\n--b b\n\n\u00e9\u00e8 \n--b b\n"
                        + "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nAAAA\n--b b--\nepilogue\n\n");
        MESSAGES.put("long-body-line", HEADER + "\n" + "x".repeat(5000) + " " + "y".repeat(3000) + "\nz\n");
        MESSAGES.put("long-blank", HEADER + "\n" + " ".repeat(9000) + "x" + " ".repeat(9000) + "\nz\n");
        MESSAGES.put(
                "long-folded-field", HEADER + "References:" + "\n <0123456789@example.com>".repeat(300) + "\n\nx\n");
        MESSAGES.put("control", HEADER + "X: a\n\n\u0001\u0007\u000b\u000c\u001b[0m\u007f\n");
        MESSAGES.put("colon", HEADER + "Cc :b@sink.test\n\nx\n");
    }

    /** What a verifier is known not to read: the file, the verifier, why. */
    private static final Map<String, String> KNOWN = Map.of(
            // It wants no blank before a colon, which RFC 5322 §4.5.3 demands to be read.
            "python colon", "MessageFormatError",
            "python colon.7bit", "MessageFormatError");

    @TempDir
    Path dir;

    private final DkimKey.Usable key = TestingKey.of("example.com", "postern");
    private final List<Path> files = new ArrayList<>();

    @Test
    void whatLeavesIsVerified() throws IOException, InterruptedException {
        for (Map.Entry<String, String> message : MESSAGES.entrySet()) {
            write(message.getKey(), sent(message.getValue(), OFFERS_8BITMIME));
            write(message.getKey() + ".7bit", sent(message.getValue(), "250 sink\r\n"));
        }
        Path dns = Files.writeString(dir.resolve("dns"), TestingKey.record(key) + "\n");
        verified("python", "/usr/bin/python3", RESOURCES.resolve("verify.py").toString(), dns.toString());
        verified("perl", "/usr/bin/perl", RESOURCES.resolve("verify.pl").toString(), dns.toString());
        Path settings =
                Files.writeString(dir.resolve("opendkim.conf"), "Mode v\nSyslog no\nTestDNSData file:" + dns + "\n");
        verified("opendkim", RESOURCES.resolve("verify-opendkim").toString(), settings.toString());
    }

    private void write(String name, String message) throws IOException {
        files.add(Files.write(dir.resolve(name), Octets.bytes(message)));
    }

    /** The message as the next hop has it, dots undoubled. */
    private String sent(String text, String ehlo) throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of("EHLO", ehlo))) {
            RemoteSettings settings = RemoteSettings.of(
                            "me.example", List.of(new SmtpRoute("", "127.0.0.1", server.port())))
                    .withDkim(new DkimKeys(List.of(key)));
            DeliveryResult result = TestingRemote.deliverer(settings)
                    .deliver(new Delivery(
                            "1", "joe@example.com", "x@sink.test", new TestingMessage(text), Provenance.OWN));
            assertThat(result.report()).contains("\nDKIM: d=example.com s=postern\n");
            List<String> lines = List.copyOf(server.sessions().getFirst());
            return String.join(
                    "",
                    lines.subList(lines.indexOf("DATA\r\n") + 1, lines.lastIndexOf(".\r\n")).stream()
                            .map(line -> line.startsWith(".") ? line.substring(1) : line)
                            .toList());
        }
    }

    private void verified(String verifier, String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(command));
        files.forEach(file -> all.add(file.toString()));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = Octets.of(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        List<String> wrong = new ArrayList<>();
        for (String line : output.lines().toList()) {
            String[] words = line.replace(dir + "/", "").split(" ", 2);
            String known = KNOWN.get(verifier + " " + words[0]);
            if (known == null ? !words[1].equals("ok") : !words[1].startsWith(known)) {
                wrong.add(line);
            }
        }
        assertThat(wrong).as(verifier).isEmpty();
        assertThat(output.lines()).as(verifier).hasSameSizeAs(files);
    }
}
