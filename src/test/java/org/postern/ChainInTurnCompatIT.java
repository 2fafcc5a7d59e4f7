package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSite.Server;

/** Ours and Debian's programs (ucspi-tcp, daemontools) in one chain: what arrives at its end is the same. As root. */
class ChainInTurnCompatIT {
    private static final String THEIRS = "/usr/bin/";
    private static final String NAME = "caf\u00e9";
    private static final String GRANTED = "127.0.0.7";

    /** Says its argument and its environment. */
    private static final String SAYS = "sh -c 'printf \"%s\\n\" \"$1\"; exec env' sh " + NAME;

    /** checkpassword's interface as vchkpw has it; goes on as nobody in the directory of its first argument. */
    private static final String VCHKPW = """
            #include <grp.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            int main(int argc, char **argv) {
              char given[513];
              int length = 0, n;
              while (length < 512 && (n = read(3, given + length, 512 - length)) > 0) length += n;
              if (length == 0) return 111;
              close(3);
              given[length] = 0;
              char *password = given + strlen(given) + 1;
              if (argc < 3 || password >= given + length) return 2;
              if (strcmp(password, "secr\\xe9t")) return 1;
              if (chdir(argv[1]) || setgroups(0, 0) || setgid(65534) || setuid(65534)) return 111;
              setenv("USER", given, 1);
              setenv("HOME", argv[1], 1);
              setenv("SHELL", "/bin/sh", 1);
              execvp(argv[2], argv + 2);
              return 111;
            }
            """;

    @TempDir
    Path directory;

    private TestingSite site;

    @BeforeEach
    void allow() throws IOException {
        site = new TestingSite(directory);
        Files.writeString(site.spool().resolve(GRANTED), "USER=joe\0");
        Files.write(directory.resolve("relay-ctrl/OCTETS"), (NAME + "\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @AfterEach
    void close() throws IOException {
        site.close();
    }

    /** Debian's own programs, or ours. */
    private static String program(boolean ours, String name) throws IOException {
        return ours ? TestingSite.link(name) : THEIRS + name;
    }

    /** Starts a line of the recipe by sh, from a file: Java would encode its octets anew. */
    private Server start(String name, String environment, String line) throws IOException {
        StringBuilder text = new StringBuilder("exec env - " + environment);
        for (Map.Entry<String, String> variable : site.environment().entrySet()) {
            text.append(' ').append(variable.getKey()).append('=').append(variable.getValue());
        }
        Path script = directory.resolve(name + ".sh");
        Files.write(script, (text + " " + line + "\n").getBytes(StandardCharsets.ISO_8859_1));
        return site.tcpserver(name, List.of("/bin/sh", script.toString()));
    }

    private String line(boolean ourEnvdir, boolean ourTcpserver, String rest) throws IOException {
        return program(ourEnvdir, "envdir") + " " + directory.resolve("relay-ctrl") + " relay-ctrl-chdir "
                + program(ourTcpserver, "tcpserver") + " -1 -v -R -H -l " + TestingSite.ME + " 127.0.0.1 0 " + rest;
    }

    private static List<String> said(Server server, String from) throws IOException {
        try (TestingSession session = new TestingSession(from, server.port())) {
            List<String> lines = new ArrayList<>(Arrays.asList(session.rest().split("\n")));
            String argument = lines.removeFirst();
            // Ports and the number of the directory's descriptor are free.
            Stream<String> stable = lines.stream()
                    .filter(l -> !l.startsWith("TCPREMOTEPORT=") && !l.startsWith("TCPLOCALPORT="))
                    .filter(l -> !l.startsWith("RELAY_CTRL_DIR_FD="))
                    .sorted();
            return Stream.concat(Stream.of(argument), stable).toList();
        }
    }

    /** Each of the four mixtures, with no environment, and with one in which 8-bit octets are no characters. */
    @ParameterizedTest
    @ValueSource(strings = {"OUTSIDE=" + NAME, "LC_ALL=C.UTF-8 OUTSIDE=" + NAME})
    @Timeout(120)
    void theEndOfTheChainGetsTheSameFromEachMixture(String environment) throws IOException {
        List<String> granted = null;
        List<String> refused = null;
        for (int i = 0; i < 4; i++) {
            boolean ourEnvdir = (i & 1) != 0;
            boolean ourTcpserver = (i & 2) != 0;
            Server server = start("says" + i, environment, line(ourEnvdir, ourTcpserver, "relay-ctrl-check " + SAYS));
            List<String> nowGranted = said(server, GRANTED);
            List<String> nowRefused = said(server, "127.0.0.8");
            server.end();
            assertThat(nowGranted).startsWith(NAME);
            assertThat(nowGranted).contains("OUTSIDE=" + NAME, "OCTETS=" + NAME, "RELAYCLIENT=", "USER=joe");
            assertThat(nowGranted).contains("TCPREMOTEIP=" + GRANTED, "TCPLOCALHOST=" + TestingSite.ME);
            assertThat(nowRefused).contains("OCTETS=" + NAME).doesNotContain("RELAYCLIENT=", "USER=joe");
            granted = granted == null ? nowGranted : granted;
            refused = refused == null ? nowRefused : refused;
            assertThat(nowGranted)
                    .as("envdir ours %s, tcpserver ours %s", ourEnvdir, ourTcpserver)
                    .isEqualTo(granted);
            assertThat(nowRefused).isEqualTo(refused);
        }
    }

    /** Every other program is Debian's, in front of ours as in front of theirs. */
    @ParameterizedTest
    @CsvSource({"true,false", "false,true"})
    @Timeout(120)
    void oursAndTheirsInTurn(boolean ourEnvdir, boolean ourTcpserver) throws IOException {
        Path more = Files.createDirectory(directory.resolve("more"));
        Files.write(more.resolve("MORE"), (NAME + "\n").getBytes(StandardCharsets.ISO_8859_1));
        String inTurn = THEIRS + "envdir " + more + " relay-ctrl-check " + THEIRS + "softlimit -o 500 "
                + TestingSite.link("envdir") + " " + more + " " + THEIRS + "setlock " + directory
                + "/lock relay-ctrl-check " + THEIRS + "recordio qmail-smtpd";
        Server server = start("inturn", "", line(ourEnvdir, ourTcpserver, inTurn));
        assertThat(TestingSession.recipient(GRANTED, server.port(), TestingSite.FOREIGN))
                .startsWith("250 ");
        assertThat(TestingSession.recipient("127.0.0.8", server.port(), TestingSite.FOREIGN))
                .startsWith("553 ");
        // recordio, between the client and qmail-smtpd, has seen each line of both.
        assertThat(server.log()).contains("RCPT TO:<" + TestingSite.FOREIGN + ">", "> 250 ", "> 553 ");
    }

    /** vchkpw's place: its user's rights, directory and variables are those that relay-ctrl-allow and qmail-pop3d have. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(120)
    void aForeignCheckpasswordBetweenOurs(boolean ourTcpserver) throws IOException {
        Path home = site.account("virtual");
        Files.writeString(home.resolve("Maildir/new/1.a.b"), "Subject: x\n\nbody\n");
        TestingPrograms.succeed("chown", "-R", "65534:65534", home.toString());
        Path source = Files.writeString(directory.resolve("vchkpw.c"), VCHKPW);
        TestingPrograms.succeed(
                "cc",
                "-D_GNU_SOURCE",
                "-Wall",
                "-Werror",
                "-o",
                directory.resolve("vchkpw").toString(),
                source.toString());
        Server server = start(
                "pop",
                "",
                line(
                        false,
                        ourTcpserver,
                        "qmail-popup " + TestingSite.ME + " " + directory.resolve("vchkpw") + " " + home
                                + " relay-ctrl-allow qmail-pop3d Maildir"));
        try (TestingSession wrong = new TestingSession("127.0.0.9", server.port())) {
            wrong.expect("+OK");
            wrong.command("USER " + NAME, "+OK");
            assertThat(wrong.command("PASS secret")).startsWith("-ERR");
        }
        assertThat(site.spool().resolve("127.0.0.9")).doesNotExist();
        // Octets beyond ASCII reach descriptor 3, and by USER the grant, as they were sent.
        try (TestingSession pop = TestingSession.login("127.0.0.9", server.port(), NAME, "secr\u00e9t")) {
            assertThat(Files.readString(site.spool().resolve("127.0.0.9"), StandardCharsets.ISO_8859_1))
                    .isEqualTo("USER=" + NAME + "\0");
            assertThat(Files.getAttribute(site.spool().resolve("127.0.0.9"), "unix:uid"))
                    .isEqualTo(65534);
            assertThat(pop.command("STAT")).startsWith("+OK 1 ");
            pop.command("QUIT", "+OK");
            assertThat(pop.rest()).isEmpty();
        }
    }

    /** What argv[1] and the environment are to the last of a chain of ours alone, become by exec. */
    @Test
    @Timeout(60)
    void octetsPassThroughOurProgramsAlone() throws IOException {
        Path script = directory.resolve("alone.sh");
        String text = "exec env - OUTSIDE=" + NAME + " PATH=/usr/bin:/bin TCPREMOTEIP=" + GRANTED + " "
                + TestingSite.link("envdir") + " " + directory.resolve("relay-ctrl") + " "
                + TestingSite.link("relay-ctrl-check") + " " + SAYS + "\n";
        Files.write(script, text.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(site.run("", "/bin/sh", script.toString()).output())
                .startsWith(NAME + "\n")
                .contains("\nOUTSIDE=" + NAME + "\n", "\nOCTETS=" + NAME + "\n", "\nRELAYCLIENT=\n");
    }
}
