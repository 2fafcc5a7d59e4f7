package org.postern;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.postern.TestingPrograms.Outcome;

/** Mail clients that log in by POP and send a message to another domain, each from an address of its own. */
final class TestingClients {
    private static final String POP_HOST = "127.0.0.1:" + TestingRecipe.POP3;
    private static final String ENCODED = TestingRecipe.PASSWORD.replace(" ", "%20");
    private static final String BODY = ".a dot in front\n\nThe end.\n";

    private static final String PYTHON_POP = """
            import poplib, sys
            pop = poplib.POP3(sys.argv[1], int(sys.argv[2]), timeout=30)
            pop.user(sys.argv[3])
            pop.pass_(sys.argv[4])
            pop.quit()
            """;
    private static final String PYTHON_SMTP = """
            import smtplib, sys
            smtp = smtplib.SMTP(sys.argv[1], int(sys.argv[2]), "client.example", timeout=30)
            smtp.sendmail("a@hoge.example.com", ["bob@elsewhere.example"], open(sys.argv[3]).read())
            smtp.quit()
            """;

    private final Path directory;
    private final int smtpPort;
    private final String smtpHost;
    private final String message;

    /** @param login, relay command lines; relay reads the message from its standard input where it wants to */
    record Client(String name, String address, List<String> login, List<String> relay) {}

    /** @param smtpPort where they relay */
    TestingClients(Path directory, int smtpPort) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.smtpPort = smtpPort;
        this.smtpHost = "127.0.0.1:" + smtpPort;
        this.message = Files.writeString(directory.resolve("message"), text()).toString();
        settings("getmailrc", """
                [retriever]
                type = SimplePOP3Retriever
                server = 127.0.0.1
                port = %d
                username = %s
                password = %s
                [destination]
                type = Maildir
                path = %s/getmail/
                """.formatted(TestingRecipe.POP3, TestingRecipe.USER, TestingRecipe.PASSWORD, directory));
        for (String sub : List.of("getmail", "getmail/new", "getmail/cur", "getmail/tmp")) {
            Files.createDirectory(directory.resolve(sub));
        }
        settings("mpoprc", """
                account default
                host 127.0.0.1
                port %d
                user %s
                password "%s"
                auth user
                tls off
                delivery mbox %s/mpop
                uidls_file %s/mpop-uidls
                """.formatted(
                        TestingRecipe.POP3, TestingRecipe.USER, TestingRecipe.PASSWORD, directory, directory));
        settings(
                "muttrc",
                "set smtp_url=\"smtp://" + smtpHost + "\" ssl_starttls=no ssl_force_tls=no copy=no"
                        + " from=a@hoge.example.com pop_authenticators=user folder=" + directory + "\n");
    }

    List<Client> all() {
        String port = Integer.toString(TestingRecipe.POP3);
        return List.of(
                new Client(
                        "poplib and smtplib",
                        "127.0.0.11",
                        List.of(
                                "python3",
                                "-c",
                                PYTHON_POP,
                                "127.0.0.1",
                                port,
                                TestingRecipe.USER,
                                TestingRecipe.PASSWORD),
                        List.of("python3", "-c", PYTHON_SMTP, "127.0.0.1", Integer.toString(smtpPort), message)),
                new Client(
                        "curl",
                        "127.0.0.12",
                        List.of(
                                "curl",
                                "-sS",
                                "--interface",
                                "127.0.0.12",
                                "-u",
                                TestingRecipe.USER + ":" + TestingRecipe.PASSWORD,
                                "pop3://" + POP_HOST + "/"),
                        List.of(
                                "curl",
                                "-sS",
                                "--interface",
                                "127.0.0.12",
                                "--crlf",
                                "--mail-from",
                                "a@hoge.example.com",
                                "--mail-rcpt",
                                "bob@elsewhere.example",
                                "-T",
                                message,
                                "smtp://" + smtpHost + "/client.example")),
                new Client(
                        "s-nail",
                        "127.0.0.13",
                        List.of(
                                "s-nail",
                                "-:/",
                                "-#",
                                "-S",
                                "v15-compat",
                                "-S",
                                "pop3-no-apop",
                                "-S",
                                "pop3-auth=plain",
                                "-f",
                                "-Y",
                                "headers",
                                "-Y",
                                "xit",
                                "pop3://" + TestingRecipe.USER + ":" + ENCODED + "@" + POP_HOST),
                        List.of(
                                "s-nail",
                                "-:/",
                                "-S",
                                "v15-compat",
                                "-S",
                                "mta=smtp://" + smtpHost,
                                "-S",
                                "smtp-auth=none",
                                "-S",
                                "sendwait",
                                "-S",
                                "hostname=client.example",
                                "-r",
                                "a@hoge.example.com",
                                "-s",
                                "test",
                                "bob@elsewhere.example")),
                new Client(
                        "getmail6, and mutt",
                        "127.0.0.14",
                        List.of("getmail", "--getmaildir", directory.toString(), "--rcfile", "getmailrc"),
                        List.of(
                                "mutt",
                                "-n",
                                "-F",
                                directory.resolve("muttrc").toString(),
                                "-s",
                                "test",
                                "bob@elsewhere.example")),
                new Client(
                        "mpop and msmtp",
                        "127.0.0.15",
                        List.of("mpop", "-C", directory.resolve("mpoprc").toString()),
                        List.of(
                                "msmtp",
                                "-C",
                                "/dev/null",
                                "--host=127.0.0.1",
                                "--port=" + smtpPort,
                                "--from=a@hoge.example.com",
                                "--source-ip=127.0.0.15",
                                "--domain=client.example",
                                "bob@elsewhere.example")));
    }

    /** A message without what each host adds or each run makes anew: for comparison, octet for octet. */
    static String alike(String message) {
        String header = message.substring(0, message.indexOf("\r\n\r\n") + 2);
        String unfolded = header.replaceAll("(?m)^Received: .*\r\n([ \t].*\r\n)*", "");
        return unfolded.replaceAll("(?mi)^(Date|Message-ID): .*\r\n", "$1\r\n") + message.substring(header.length());
    }

    private static String text() {
        return "From: a@hoge.example.com\nTo: bob@elsewhere.example\nSubject: test\n\n" + BODY;
    }

    Outcome login(Client client) throws IOException {
        return run(client, client.login(), "");
    }

    /** s-nail and mutt make a header of their own and take the body alone; the others send the message as it is. */
    Outcome relay(Client client) throws IOException {
        boolean bodyAlone = client.name().startsWith("s-nail") || client.name().endsWith("mutt");
        return run(client, client.relay(), bodyAlone ? BODY : text());
    }

    private Outcome run(Client client, List<String> command, String input) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        if (!command.contains(client.address()) && !command.contains("--source-ip=" + client.address())) {
            comeFrom(builder, client.address(), directory);
        }
        builder.environment().put("HOME", directory.toString());
        return TestingPrograms.run(builder, input);
    }

    /** For clients that cannot choose the address they come from: a library in front of their connect() does. */
    static void comeFrom(ProcessBuilder builder, String address, Path directory) throws IOException {
        Path library = directory.resolve("bind.so");
        if (!Files.exists(library)) {
            TestingPrograms.succeed(
                    "gcc",
                    "-shared",
                    "-fPIC",
                    "-Wall",
                    "-Werror",
                    "-o",
                    library.toString(),
                    "src/test/resources/recipe/bind.c",
                    "-ldl");
        }
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("BIND_ADDR", address);
    }

    private void settings(String name, String text) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text, StandardCharsets.ISO_8859_1);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
}
