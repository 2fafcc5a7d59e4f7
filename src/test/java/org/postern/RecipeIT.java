package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postern.TestingClients.Client;
import org.postern.TestingPrograms.Outcome;

/** The recipe's own text, in its own places on this machine, walked with real clients. As root. */
class RecipeIT {
    private static final String FOREIGN = "bob@elsewhere.example";
    private static final String RECIPIENT = TestingRecipe.USER + "@hoge.example.com";
    private static final Duration EXPIRY = Duration.ofSeconds(6);
    private static final String BODY =
            "From: a@hoge.example.com\nSubject: test\n\n.dot\n..dots\n\n8 bit: \u00c3\u00a9\nend\n";

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource
    void aLoginByPopOpensTheRelayForItsAddress(TestingRecipe.Starter starter) throws IOException {
        try (TestingRecipe recipe = new TestingRecipe(directory, starter)) {
            assertThat(relay("127.0.0.5")).satisfies(RecipeIT::isRefused);
            assertThat(pop("127.0.0.5", "wrong").exit()).isEqualTo(3); // fetchmail(1): the password was refused
            assertThat(recipe.allowed()).isEmpty();
            assertThat(relay("127.0.0.5")).satisfies(RecipeIT::isRefused);

            localMailIsFetched(recipe);
            assertThat(recipe.allowed()).containsExactly("127.0.0.5");

            Outcome sent = relay("127.0.0.5");
            assertThat(sent.exit()).as(sent.output()).isZero();
            await().atMost(Duration.ofSeconds(20)).until(() -> recipe.received().size() == 1);
            // The fields in front are the servers' own; behind them, each octet is as it was sent.
            assertThat(recipe.received().getFirst()).startsWith("Received: ").endsWith("\n" + crlf(BODY));
            assertThat(relay("127.0.0.6")).satisfies(RecipeIT::isRefused);

            await().atMost(EXPIRY.plusSeconds(10))
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> assertThat(relayRecipient("127.0.0.5")).satisfies(RecipeIT::isRefused));
            assertThat(recipe.allowed()).containsExactly("127.0.0.5"); // expired, not yet removed
            recipe.age();
            assertThat(recipe.allowed()).isEmpty();

            assertThat(recipe.syslog()).containsPattern("(?m)^<30>[^<]*pop3d: .*tcpserver: ok \\d+ .*127\\.0\\.0\\.5");
            assertThat(recipe.syslog()).containsPattern("(?m)^<30>[^<]*smtp: .*tcpserver: ok \\d+ .*127\\.0\\.0\\.6");
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(recipe.syslog())
                            .containsPattern("(?m)^<22>[^<]*qmail: .*delivery \\d+: success"));
            assertThat(recipe.output()).isEmpty();
        }
    }

    /** Each from an address of its own, so that none profits from another's login. */
    @Test
    void otherClientsLogInAndRelay() throws IOException {
        try (TestingRecipe recipe = new TestingRecipe(directory, TestingRecipe.Starter.SHELL)) {
            TestingClients clients = new TestingClients(directory.resolve("clients"), TestingRecipe.SMTP);
            TestingClients direct = new TestingClients(directory.resolve("direct"), TestingRecipe.SINK);
            int taken = 0;
            for (Client client : clients.all()) {
                Outcome early = clients.relay(client);
                assertThat(early.exit())
                        .as(client.name() + ": " + early.output())
                        .isNotZero();
                if (client.name().equals("curl")) {
                    recipe.keepPlainPassword();
                }
                Outcome login = clients.login(client);
                recipe.dropPlainPassword();
                assertThat(login.exit())
                        .as(client.name() + ": " + login.output())
                        .isZero();
                assertThat(recipe.allowed()).contains(client.address());
                Outcome sent = clients.relay(client);
                assertThat(sent.exit()).as(client.name() + ": " + sent.output()).isZero();
                String relayed = next(recipe, taken++);
                Client same = direct.all().get(clients.all().indexOf(client));
                assertThat(direct.relay(same).exit()).as(client.name()).isZero();
                String sentItself = next(recipe, taken++);
                assertThat(relayed).startsWith("Received: ");
                assertThat(TestingClients.alike(relayed))
                        .as("what " + client.name() + " gave to the receiving server itself")
                        .isEqualTo(TestingClients.alike(sentItself));
            }
            assertThat(recipe.received()).hasSize(taken);
        }
    }

    private static String next(TestingRecipe recipe, int index) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(recipe.received()).hasSizeGreaterThan(index));
        try {
            return recipe.received().get(index);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** An old site's own programs: mode, owner and content come back. */
    @Test
    void whatWasInTheRecipesPlacesIsKeptAndComesBack() throws IOException {
        try (TestingOldSite old = new TestingOldSite()) {
            TestingPrograms.succeed("./postern", "links", "--recipe");
            try {
                old.assertKept();
            } finally {
                TestingPrograms.succeed("./postern", "links", "--recipe", "--undo");
            }
            old.assertAsBefore();
        }
    }

    private void localMailIsFetched(TestingRecipe recipe) throws IOException {
        Outcome sent = swaks("127.0.0.6", RECIPIENT, "--data", data());
        assertThat(sent.exit()).as(sent.output()).isZero();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            try (Stream<Path> files = Files.list(recipe.home().resolve("Maildir/new"))) {
                return files.count() == 1;
            }
        });
        Outcome fetched = pop("127.0.0.5", TestingRecipe.PASSWORD);
        assertThat(fetched.exit()).as(fetched.output()).isZero();
        assertThat(Files.readString(directory.resolve("fetched"), java.nio.charset.StandardCharsets.ISO_8859_1))
                .contains("Delivered-To: " + RECIPIENT, BODY.substring(BODY.indexOf("\n\n")));
    }

    private Outcome relay(String from) throws IOException {
        return swaks(from, FOREIGN, "--data", data());
    }

    private Outcome relayRecipient(String from) throws IOException {
        return swaks(from, FOREIGN, "--quit-after", "RCPT");
    }

    private static void isRefused(Outcome outcome) {
        assertThat(outcome.output()).contains("<** 553 ");
        assertThat(outcome.exit()).isEqualTo(24);
    }

    private static Outcome swaks(String from, String to, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "swaks",
                "--server",
                "127.0.0.1:" + TestingRecipe.SMTP,
                "--local-interface",
                from,
                "--helo",
                "client.example",
                "--from",
                "a@hoge.example.com",
                "--to",
                to));
        command.addAll(List.of(more));
        return TestingPrograms.run(new ProcessBuilder(command), "");
    }

    private String data() throws IOException {
        Path file = directory.resolve("data");
        // swaks adds the last line feed.
        Files.write(file, BODY.stripTrailing().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        return "@" + file;
    }

    private static String crlf(String text) {
        return text.replace("\n", "\r\n");
    }

    /** fetchmail cannot choose the address it comes from: a library in front of its connect() does. */
    private Outcome pop(String from, String password) throws IOException {
        Path rc = directory.resolve("fetchmailrc");
        Files.deleteIfExists(rc);
        Files.writeString(
                rc,
                "poll 127.0.0.1 service " + TestingRecipe.POP3 + " protocol pop3 auth password timeout 60\n"
                        + "user \"" + TestingRecipe.USER + "\" password \"" + password + "\" sslproto ''\n"
                        + "mda \"cat >>" + directory.resolve("fetched") + "\"\n");
        Files.setPosixFilePermissions(rc, PosixFilePermissions.fromString("rw-------"));
        ProcessBuilder builder = new ProcessBuilder(
                "fetchmail",
                "-f",
                rc.toString(),
                "--pidfile",
                directory.resolve("fetchmail.pid").toString(),
                "--nosyslog",
                "--keep",
                "--invisible");
        TestingClients.comeFrom(builder, from, directory);
        builder.environment().put("FETCHMAILHOME", directory.toString());
        return TestingPrograms.run(builder, "");
    }
}
