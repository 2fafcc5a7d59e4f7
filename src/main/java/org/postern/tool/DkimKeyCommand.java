package org.postern.tool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.config.DkimKey;
import org.postern.config.DkimKeyFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** postern dkim-key: a key to sign mail with, and what the DNS has to say of it. */
@Command(
        name = "dkim-key",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a key to sign the mail of DOMAIN with (DKIM), in a file for its owner alone, and prints the TXT record",
            "for the DNS. Where the file is there already, it stays, and its record is printed."
        })
final class DkimKeyCommand implements Callable<Integer> {
    private static final int MISUSED = 100;

    /** RFC 1035 §3.3: a character-string. */
    private static final int LONGEST_STRING = 255;

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "As in From: addresses, such as example.com.")
    private String domain = "";

    @Parameters(index = "1", paramLabel = "SELECTOR", description = "The key's name in the DNS, such as postern2026.")
    private String selector = "";

    @Option(names = "--file", paramLabel = "FILE", description = "The key's file; default: SELECTOR.DOMAIN.pem here.")
    private @Nullable Path file;

    @Option(names = "--bits", paramLabel = "N", description = "2048 (the default), 3072 or 4096.")
    private int bits = 2048;

    @Override
    public Integer call() throws IOException, GeneralSecurityException {
        domain = domain.toLowerCase(Locale.ROOT);
        selector = selector.toLowerCase(Locale.ROOT);
        Optional<String> wrong = DkimKey.objectionToDomain(domain)
                .map(why -> "DOMAIN " + why)
                .or(() -> DkimKey.objectionToSelector(selector).map(why -> "SELECTOR " + why))
                .or(() -> Set.of(2048, 3072, 4096).contains(bits)
                        ? Optional.empty()
                        : Optional.of("--bits is " + bits + "; write 2048, 3072 or 4096"));
        if (wrong.isPresent()) {
            System.err.println("postern dkim-key: " + wrong.get());
            return MISUSED;
        }
        Path path = (file == null ? Path.of(selector + "." + domain + ".pem") : file).toAbsolutePath();
        boolean kept = Files.exists(path, LinkOption.NOFOLLOW_LINKS);
        if (!kept) {
            make(path);
        }
        RSAPrivateCrtKey key;
        try {
            key = DkimKeyFile.read(path);
        } catch (IOException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
        System.out.println(record(key));
        System.err.println((kept ? "kept    " : "made    ") + path + " (RSA, "
                + key.getModulus().bitLength() + " bits)");
        System.err.println("1. put the record above into the DNS zone of " + domain + "; a web form wants the name "
                + selector + "._domainkey");
        System.err.println("   and the strings in one, without the quotes");
        System.err.println("2. when the DNS answers with it, add to postern.toml");
        System.err.println("       [[send.dkim]]");
        System.err.println("       domain = \"" + domain + "\"");
        System.err.println("       selector = \"" + selector + "\"");
        System.err.println("       key_file = \"" + path + "\"");
        System.err.println("   or to /var/qmail/control/dkim");
        System.err.println("       " + domain + ":" + selector + ":" + path);
        return 0;
    }

    /** A new file, never one that somebody else may read, not even for a moment. */
    private void make(Path path) throws IOException, GeneralSecurityException {
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(bits);
        byte[] pkcs8 = rsa.generateKeyPair().getPrivate().getEncoded();
        String pem = "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pkcs8) + "\n-----END PRIVATE KEY-----\n";
        try (FileChannel out = FileChannel.open(
                path,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer octets = ByteBuffer.wrap(pem.getBytes(StandardCharsets.US_ASCII));
            while (octets.hasRemaining()) {
                out.write(octets);
            }
            out.force(true);
        }
    }

    /** RFC 6376 §3.6.1, as a line of a zone file. */
    private String record(RSAPrivateCrtKey key) throws GeneralSecurityException {
        PublicKey publicKey = KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
        String text = "v=DKIM1; k=rsa; p=" + Base64.getEncoder().encodeToString(publicKey.getEncoded());
        return selector + "._domainkey." + domain + ". IN TXT ( \""
                + text.replaceAll("(.{" + LONGEST_STRING + "})(?!$)", "$1\" \"") + "\" )";
    }
}
