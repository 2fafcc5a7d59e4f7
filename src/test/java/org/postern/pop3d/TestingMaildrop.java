package org.postern.pop3d;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.postern.TestingDialogue;
import org.postern.maildir.Maildir;
import org.postern.maildir.Maildrops;
import org.postern.os.Octets;

/**
 * The server of RFC 1939's examples: dbc.mtview.ca.us, where mrose has the secret tanstaaf and a maildrop of two
 * messages, 120 and 200 octets.
 */
public final class TestingMaildrop {
    public static final String TIMESTAMP = "<1896.697170952@dbc.mtview.ca.us>";

    private static final Instant DELIVERED = Instant.ofEpochSecond(1_700_000_000);

    private final Path maildir;

    public TestingMaildrop(Path maildir) throws IOException {
        this.maildir = maildir;
        Maildir.make(maildir);
    }

    /** With the two messages of the RFC. */
    public static TestingMaildrop mrose(Path maildir) throws IOException {
        return new TestingMaildrop(maildir)
                .with("new/whqtswO00WBw418f9t5JxYwZ", "Subject: one\n\n.leading dot\n" + "x".repeat(88) + "\n")
                .with("cur/QhdPYR:2,S", "Subject: two\n\n" + "abcdefgh\n".repeat(18) + "12\n");
    }

    /** One message more; its time is a second after that of the one before. */
    public TestingMaildrop with(String file, String octets) throws IOException {
        Path path = maildir.resolve(Octets.path(file));
        Instant time = DELIVERED.plusSeconds(names().size());
        Files.write(path, Octets.bytes(octets));
        Files.setLastModifiedTime(path, FileTime.from(time));
        return this;
    }

    public Path maildir() {
        return maildir;
    }

    /** The files in new/ and cur/. */
    public List<String> names() throws IOException {
        try (Stream<Path> files =
                Stream.concat(Files.list(maildir.resolve("new")), Files.list(maildir.resolve("cur")))) {
            return files.map(f -> Octets.of(maildir.relativize(f))).sorted().toList();
        }
    }

    /** Both sessions on one connection, as the programs have them. */
    public TestingDialogue.Session server(Limits limits) {
        return server(limits, Capabilities.ALL);
    }

    /** With what `postern serve` offers, for example. */
    public TestingDialogue.Session server(Limits limits, List<String> capabilities) {
        return connection -> {
            AuthorizationSession authorization =
                    new AuthorizationSession(connection, limits, TIMESTAMP, capabilities, new Tls.None());
            if (authorization.run(TestingMaildrop.this::check)
                    instanceof AuthorizationSession.End.LoggedIn<Path>(Path accepted)) {
                new TransactionSession(connection, limits, capabilities, new Maildrops(), Clock.systemUTC())
                        .run(accepted, 0);
            }
        };
    }

    private Authenticator.Verdict<Path> check(Credentials credentials) {
        boolean right = credentials.user().equals("mrose")
                && switch (credentials) {
                    case Credentials.Password(String user, String password) -> password.equals("tanstaaf");
                    case Credentials.Digest(String user, String timestamp, String digest) ->
                        digest.equals(md5(timestamp + "tanstaaf"));
                };
        if (credentials.user().equals("trouble")) {
            return new Authenticator.Verdict.Temporary<>("user database away");
        }
        return right ? new Authenticator.Verdict.Accepted<>(maildir) : new Authenticator.Verdict.Refused<>();
    }

    private static String md5(String octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(octets.getBytes(ISO_8859_1)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
