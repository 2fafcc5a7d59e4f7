package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingRecords;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.config.InjectSettings;
import org.postern.config.RemoteSettings;
import org.postern.config.SendSettings;
import org.postern.config.SmtpdSettings;
import org.postern.queue.Submitters;

class QmailShowctlCommandTest {
    private final QmailShowctl showctl =
            new QmailShowctl(() -> new Submitters(OptionalInt.of(1002), OptionalInt.empty()));

    @TempDir
    private Path home;

    private int exit;

    @BeforeEach
    void site() throws IOException {
        Files.createDirectory(home.resolve("control"));
        control("me", "hoge.example.com\n");
    }

    private Path control(String name, String text) throws IOException {
        return Files.writeString(home.resolve("control").resolve(name), text);
    }

    private String told() throws IOException {
        TestingCall call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        exit = ((Tool.Exit.Code) call.run(showctl, "qmail-showctl")).value();
        assertThat(call.stderr()).isEmpty();
        return call.stdout();
    }

    /** The original's, on the recipe's control files: what it says of each file is what we say. */
    @Test
    void whatTheOriginalSaidOfEachFileWeSay() throws IOException {
        control("defaultdomain", "example.com\n");
        control("plusdomain", "example.com\n");
        control("locals", "hoge.example.com\nlocalhost\n");
        control("rcpthosts", "hoge.example.com\n");
        String recorded = TestingRecords.read("tools-cli.txt").stream()
                .filter(record -> record.title().equals("cli: qmail-showctl"))
                .findFirst()
                .orElseThrow()
                .all("stdout")
                .getFirst();
        List<String> paragraphs = Arrays.asList(recorded.split("\n\n"));
        // The first is about the installation; the record is cut in the last.
        List<String> files = paragraphs.subList(1, paragraphs.size() - 1);
        assertThat(files).hasSize(20);
        List<String> ours = Arrays.asList(told().split("\n\n"));
        assertThat(exit).isZero();
        assertThat(ours).containsSubsequence(files);
        assertThat(ours.getFirst())
                .isEqualTo("qmail home directory: " + home + ".\nuser-ext delimiter: -.\npaternalism (in decimal): 2.\n"
                        + "silent concurrency limit: 2000.\nuser ids: alias (no such user), qmaild 1002.\n"
                        + "queue: " + home + "/postern-queue, which qmail-send will make.");
        assertThat(told()).doesNotContain("Oops!", "I have no idea");
    }

    @Test
    void whatTheFilesSay() throws IOException {
        control("concurrencyremote", "255 at a time\n");
        control("badmailfrom", "#none\n@spam.example\nx\u001b[2J@y.example \n");
        control("smtproutes", "");
        control("rcpthosts", "a.example\n.b.example");
        assertThat(told())
                .contains(
                        "\nconcurrencyremote: Remote concurrency is 255.\n",
                        "\nbadmailfrom: \n@spam.example not accepted in MAIL FROM.\nx?[2J@y.example not accepted in",
                        "\nsmtproutes: \n\n",
                        "\nSMTP clients may send messages to recipients at .b.example.\n");
    }

    @Test
    void withoutRcpthostsNobodyMaySendToAnyone() throws IOException {
        assertThat(told())
                .contains(
                        "\nrcpthosts: (Default.) SMTP clients may send messages to nobody, unless RELAYCLIENT is set.\n");
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        control("smtproutes", ":relay.example\nx:relay.example:99999\n");
        control("bouncemaxbytes", "many\n");
        control("qmqpservers", "192.0.2.1\n");
        Files.createDirectory(home.resolve("control/helohost"));
        assertThat(told())
                .contains(
                        "\nbouncemaxbytes: Oops! \"many\" is no number. (Default.) Bounces contain messages up to 50000",
                        "\nhelohost: Oops! Trouble reading this file: is a directory.\n",
                        "\nqmqpservers: \nOops! Postern knows no QMQP, and asks not: 192.0.2.1.\n",
                        "\nOops! mail to other hosts waits: " + home + "/control/helohost: ");
        Files.delete(home.resolve("control/helohost"));
        assertThat(told())
                .contains("\nOops! mail to other hosts waits: " + home
                        + "/control/smtproutes:2: \"x:relay.example:99999\": there is no such port");
        assertThat(exit).isZero();
    }

    @Test
    void withoutMeNothingWorks() throws IOException {
        Files.delete(home.resolve("control/me"));
        assertThat(told())
                .contains(
                        "\nme: (Default.) My name is undefined! Uh-oh.\n",
                        "\nidhost: (Default.) Message-ID host name is idhost.\n",
                        "\nOops! qmail-send does not start: neither ",
                        "\nOops! qmail-smtpd takes nothing: ");
    }

    @Test
    void aCdbIsAsNewAsItsText() throws IOException {
        assertThat(told())
                .contains("\nmorercpthosts.cdb: (Default.) No effect.\n", "\nusers/cdb: (Default.) No effect.\n");
        Path text = control("morercpthosts", "c.example\n");
        Path users = Files.createDirectory(home.resolve("users"));
        Files.writeString(users.resolve("cdb"), "");
        assertThat(told())
                .contains(
                        "\nmorercpthosts.cdb: Oops! control/morercpthosts exists but this doesn't: run qmail-newmrh.\n",
                        "\nusers/cdb: Oops! It exists but users/assign doesn't.\n");
        Path cdb = control("morercpthosts.cdb", "");
        Files.setLastModifiedTime(text, FileTime.fromMillis(2_000_000));
        Files.setLastModifiedTime(cdb, FileTime.fromMillis(1_000_000));
        assertThat(told())
                .contains("\nmorercpthosts.cdb: Oops! It is older than control/morercpthosts: run qmail-newmrh.\n");
        Files.setLastModifiedTime(cdb, FileTime.fromMillis(2_000_000));
        assertThat(told()).contains("\nmorercpthosts.cdb: Modified recently enough; hopefully up to date.\n");
    }

    @Test
    void aFileThatNothingReadsIsListed() throws IOException {
        control("quelifetime", "1\n");
        control("conf-\u0001", "");
        control("dkim", "example.com:s1:s1.pem\nexample.net:s2:/etc/s2.pem\n");
        control("s1.pem", "");
        assertThat(told())
                .contains(
                        "\nquelifetime: I have no idea what this file does.\n",
                        "\nconf-?: I have no idea what this file does.\n",
                        "\ndkim: \nDKIM key: example.com:s1:s1.pem\n")
                .doesNotContain("s1.pem: I have");
    }

    @Test
    void messagesInTheOriginalsQueueHinder() throws IOException {
        Files.createDirectories(home.resolve("queue/mess/3"));
        Files.createFile(home.resolve("queue/mess/3/4711"));
        assertThat(told()).contains("\nOops! 1 messages are in " + home + "/queue, in the original's format");
    }

    @Test
    void withoutAControlDirectoryItIs111() throws IOException {
        Files.delete(home.resolve("control/me"));
        Files.delete(home.resolve("control"));
        assertThat(told()).endsWith("\nOops! Unable to read " + home + "/control: file does not exist.\n");
        assertThat(exit).isEqualTo(111);
    }

    /** A setting that is added must be told, too: its component has the name of its file. */
    @ParameterizedTest
    @ValueSource(classes = {InjectSettings.class, SendSettings.class, RemoteSettings.class, SmtpdSettings.class})
    void everySettingIsTold(Class<?> settings) {
        assertThat(ControlFile.all().stream().map(ControlFile::name))
                .containsAll(Arrays.stream(settings.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
    }
}
