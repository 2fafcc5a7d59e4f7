package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.postern.TestingStartScript.ended;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingStartScript.Outcome;

/** The start/stop script, with tcpserver's real processes. */
class StartScriptIT {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir
    Path directory;

    private TestingStartScript script;

    @BeforeEach
    void makeSite() throws IOException {
        script = new TestingStartScript(directory);
    }

    @AfterEach
    void stopEverything() throws IOException {
        script.set("STOP_SECONDS", "1");
        script.call("stop");
    }

    @Test
    void startsThreePartsAndStopsThem() throws IOException {
        assertThat(script.call("start")).satisfies(started -> {
            assertThat(started.output()).contains("send: started", "pop3: started", "smtp: started");
            assertThat(started.exit()).isZero();
        });
        assertThat(banner(script.popPort)).startsWith("+OK");
        assertThat(banner(script.smtpPort)).startsWith("220 ");
        assertThat(script.call("status").exit()).isZero();
        ProcessHandle queue = script.process("send");

        assertThat(script.call("stop").exit()).isZero();
        assertThat(ended(queue)).isTrue();
        assertThatThrownBy(() -> banner(script.popPort)).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> banner(script.smtpPort)).isInstanceOf(ConnectException.class);
        assertThat(script.call("status")).satisfies(status -> {
            assertThat(status.output()).contains("send: not running", "pop3: not running", "smtp: not running");
            assertThat(status.exit()).isEqualTo(3);
        });
    }

    @Test
    void runsUnderBashAsUnderDash() throws IOException {
        System.setProperty("postern.shell", "/bin/bash");
        try {
            assertThat(script.call("start").exit()).isZero();
            assertThat(script.call("status").exit()).isZero();
            assertThat(script.call("stop").exit()).isZero();
            assertThat(script.call("status").exit()).isEqualTo(3);
        } finally {
            System.clearProperty("postern.shell");
        }
    }

    @Test
    void startTwiceIsHarmless() throws IOException {
        script.call("start");
        ProcessHandle pop = script.process("pop3");
        Outcome second = script.call("start");
        assertThat(second.exit()).isZero();
        assertThat(second.output()).contains("pop3: running already (pid " + pop.pid() + ")");
        assertThat(script.process("pop3")).isEqualTo(pop);
        assertThat(pop.isAlive()).isTrue();
    }

    @Test
    void restartMakesNewProcesses() throws IOException {
        script.call("start");
        ProcessHandle smtp = script.process("smtp");
        assertThat(script.call("restart").exit()).isZero();
        assertThat(ended(smtp)).isTrue();
        assertThat(script.process("smtp")).isNotEqualTo(smtp);
        assertThat(banner(script.smtpPort)).startsWith("220 ");
    }

    /** The fault of the recipe's script: {@code kill $(pidof tcpserver)}. */
    @Test
    void stopLeavesOtherTcpserversAlone() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, LOOPBACK)) {
            port = free.getLocalPort();
        }
        Process other = new ProcessBuilder(
                        "tcpserver", "-R", "-H", "-l", "other", "127.0.0.1", Integer.toString(port), "echo", "other")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            script.call("start");
            assertThat(script.call("stop").exit()).isZero();
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroy();
            other.waitFor();
        }
    }

    @Test
    void stopDoesNotEndAProcessThatHasTheOldPid() throws Exception {
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            Files.createDirectories(script.pidFile("pop3").getParent());
            Files.writeString(script.pidFile("pop3"), stranger.pid() + " 1\n"); // another start time than its own
            assertThat(script.call("status")).satisfies(status -> {
                assertThat(status.output()).contains("pop3: dead, but its pid file");
                assertThat(status.exit()).isEqualTo(1);
            });
            assertThat(script.call("stop").output()).contains("pop3: not running");
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroy();
            stranger.waitFor();
        }
    }

    @Test
    void stopLetsASessionUnderWayFinish() throws Exception {
        script.call("start");
        try (Socket client = new Socket(LOOPBACK, script.smtpPort)) {
            BufferedReader in = reader(client);
            assertThat(in.readLine()).startsWith("220 ");
            Process stop = script.begin("stop");
            await().until(() -> refused(script.smtpPort));
            assertThat(stop.isAlive()).isTrue();
            client.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(in.readLine()).startsWith("221 ");
            assertThat(in.readLine()).isNull();
            assertThat(stop.waitFor()).isZero();
        }
        assertThat(script.call("status").exit()).isEqualTo(3);
    }

    @Test
    void stopEndsASessionThatOutlivesTheLimit() throws IOException {
        script.set("STOP_SECONDS", "1");
        script.call("start");
        try (Socket client = new Socket(LOOPBACK, script.smtpPort)) {
            client.setSoTimeout(30_000);
            BufferedReader in = reader(client);
            assertThat(in.readLine()).startsWith("220 ");
            Outcome stop = script.call("stop");
            assertThat(stop.output()).contains("smtp: stopped; what was not over after 1 s was ended");
            assertThat(stop.exit()).isZero();
            assertThat(refused(script.smtpPort)).isTrue();
        }
    }

    @Test
    void statusNamesADeadPartAndStartBringsItBack() throws Exception {
        script.call("start");
        ProcessHandle pop = script.process("pop3");
        ProcessHandle smtp = script.process("smtp");
        smtp.destroyForcibly();
        await().until(() -> refused(script.smtpPort));
        Outcome status = script.call("status");
        assertThat(status.output()).contains("pop3: running (pid " + pop.pid() + ")", "smtp: dead");
        assertThat(status.exit()).isEqualTo(1);

        assertThat(script.call("start").exit()).isZero();
        assertThat(script.process("pop3")).isEqualTo(pop);
        assertThat(banner(script.smtpPort)).startsWith("220 ");
    }

    @Test
    void aPortInUseIsReported() throws IOException {
        try (ServerSocket taken = new ServerSocket(script.popPort, 1, LOOPBACK)) {
            assertThat(taken.isBound()).isTrue();
            Outcome start = script.call("start");
            assertThat(start.output()).contains("pop3: ended at once", "smtp: started");
            assertThat(start.exit()).isEqualTo(1);
        }
        await().untilAsserted(() -> assertThat(Files.readString(script.log())).contains("pop3d: "));
    }

    @Test
    void whatThePartsPrintGoesThroughSplogger() throws IOException {
        script.call("start");
        banner(script.smtpPort);
        banner(script.popPort);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(Files.readString(script.log()))
                        .contains("smtp: tcpserver: status: 0/40", "pop3d: tcpserver: ok "));
    }

    /** As {@code csh -cf '/var/qmail/rc &'} leaves it. */
    @Test
    void aQueueThatRcLeavesBehindIsFoundAndStopped() throws IOException {
        script.rc("qmail-start ./Maildir/ &");
        assertThat(script.call("start").output()).contains("send: started");
        await().until(() -> script.call("status").output().contains("send: running"));
        ProcessHandle queue = script.process("send", 1);
        assertThat(queue.isAlive()).isTrue();
        assertThat(script.call("stop").exit()).isZero();
        assertThat(ended(queue)).isTrue();
    }

    @Test
    void aQueueThatRcWaitsForIsStoppedWithIt() throws IOException {
        script.rc("qmail-start ./Maildir/\necho over");
        assertThat(script.call("start").output()).contains("send: started");
        ProcessHandle shell = script.process("send", 0);
        ProcessHandle queue = script.process("send", 1);
        assertThat(script.call("stop").exit()).isZero();
        assertThat(ended(queue)).isTrue();
        assertThat(ended(shell)).isTrue();
    }

    @Test
    void onlyTheNamedPartsAreStarted() throws IOException {
        script.set("PARTS", "smtp");
        assertThat(script.call("start").exit()).isZero();
        assertThat(refused(script.popPort)).isTrue();
        assertThat(script.call("status").output()).isEqualTo("smtp: running (pid "
                + script.process("smtp").pid() + ")\n");
    }

    @Test
    void whatIsMissingIsNamedWithTheRemedy() throws IOException {
        Files.delete(script.file("rules.cdb"));
        assertThat(script.call("start")).satisfies(start -> {
            assertThat(start.output()).contains("rules.cdb is missing: make it with tcprules");
            assertThat(start.exit()).isEqualTo(6);
        });
        script.set("CHECKPASSWORD", "/nowhere/checkpassword");
        assertThat(script.call("start")).satisfies(start -> {
            assertThat(start.output()).contains("no program /nowhere/checkpassword");
            assertThat(start.exit()).isEqualTo(5);
        });
        assertThat(script.pidFile("send")).doesNotExist();
    }

    @Test
    void anythingElseIsUsage() throws IOException {
        for (String[] arguments : new String[][] {{}, {"begin"}, {"start", "now"}}) {
            Outcome outcome = script.call(arguments);
            assertThat(outcome.output()).contains("start | stop | restart | status");
            assertThat(outcome.exit()).isEqualTo(2);
        }
    }

    private static String banner(int port) throws IOException {
        try (Socket client = new Socket(LOOPBACK, port)) {
            client.setSoTimeout(30_000);
            return reader(client).readLine();
        }
    }

    private static BufferedReader reader(Socket client) throws IOException {
        return new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
    }

    private static boolean refused(int port) throws IOException {
        try (Socket client = new Socket(LOOPBACK, port)) {
            return !client.isConnected();
        } catch (ConnectException e) {
            return true;
        }
    }
}
