package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingPrograms.Outcome;

/**
 * The launcher in a checkout of its own, with stand-ins for Maven and for JDKs that tell how they were called; and, where
 * it is about what a JVM does, the real one. As root: the machine's own JDKs are hidden by a mount namespace.
 */
class LauncherIT {
    private static final String BUILDING = "postern: building (JDK: ";

    @TempDir
    Path directory;

    private Path checkout;
    private Path maven;

    /** With a blank in its path, and in those of the JDKs. */
    @BeforeEach
    void checkout() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        checkout = Files.createDirectory(directory.resolve("a checkout"));
        Files.createDirectories(checkout.resolve("src/main"));
        Files.createFile(checkout.resolve("pom.xml"));
        Files.createFile(checkout.resolve("src/main/A.java"));
        Files.copy(Path.of("postern"), checkout.resolve("postern"));
        maven = Files.createDirectory(directory.resolve("maven"));
        script(maven.resolve("mvn"), """
                echo "mvn with $JAVA_HOME" >>"%s"
                sleep 0.3
                mkdir -p target/image/lib
                echo built >target/image/postern.jar
                """.formatted(directory.resolve("builds")));
        age(Instant.now().minusSeconds(100));
    }

    @Test
    void jdksAreLookedForInTheDocumentedOrder() throws IOException {
        Path postern = jdk("postern home", "25.0.1");
        Path javaHome = jdk("java home", "26");
        Path path = jdk("path", "25");
        Map<String, String> all = Map.of(
                "POSTERN_JAVA_HOME", postern.toString(),
                "JAVA_HOME", javaHome.toString(),
                "PATH", path.resolve("bin") + ":" + path());
        assertThat(usedBy(all)).isEqualTo(postern);

        remove(postern);
        assertThat(usedBy(all)).isEqualTo(javaHome);

        // Too old, so passed over.
        Files.writeString(javaHome.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
        assertThat(usedBy(all)).isEqualTo(path);

        // A JRE: nothing to compile with.
        Files.delete(path.resolve("bin/javac"));
        assertThat(usedBy(all).toString()).startsWith("/usr/lib/jvm/");
    }

    @Test
    void jdkInAnOrdinaryDirectoryIsFound() throws IOException {
        Path hidden = jdk("hidden", "25");
        Outcome outcome = launch(
                Map.of("PATH", path()),
                hiding("mkdir /usr/lib/jvm/any && cp -R '" + hidden + "/.' /usr/lib/jvm/any && "),
                "postern",
                "version");
        assertThat(outcome.exit()).as(outcome.output()).isZero();
        assertThat(outcome.output()).contains("building (JDK: /usr/lib/jvm/any)");
    }

    @Test
    void whereThereIsNoneItSaysInOneLineWhatToInstall() throws IOException {
        Outcome outcome = launch(Map.of("PATH", path()), hiding(""), "postern", "version");
        assertThat(outcome)
                .isEqualTo(new Outcome(
                        111,
                        "postern: fatal: no JDK 25 or later found (looked at POSTERN_JAVA_HOME, JAVA_HOME, PATH,"
                                + " /usr/lib/jvm): install one, for example Temurin 25, or name its directory in"
                                + " POSTERN_JAVA_HOME\n"));
        assertThat(directory.resolve("builds")).doesNotExist();
    }

    @Test
    void whereThereIsNoMavenItSaysInOneLineWhatToInstall() throws IOException {
        Map<String, String> env = Map.of("POSTERN_JAVA_HOME", jdk("a jdk", "25").toString(), "PATH", "/usr/bin:/bin");
        Outcome outcome = launch(env, hiding("mount --bind /dev/null /usr/bin/mvn && "), "postern", "version");
        assertThat(outcome)
                .isEqualTo(new Outcome(
                        111,
                        "postern: fatal: no mvn in PATH, which the build needs: install Maven (Debian: apt-get install"
                                + " maven)\n"));
    }

    @Test
    void buildsAtFirstUseAndWhereASourceIsNewerWithOneLine() throws IOException {
        Map<String, String> env = withJdk();
        assertThat(launch(env, List.of(), "postern", "version").output().lines().filter(l -> l.startsWith("postern: ")))
                .containsExactly(BUILDING + env.get("POSTERN_JAVA_HOME") + "), this takes a minute the first time");
        assertThat(launch(env, List.of(), "postern", "version").output()).doesNotContain("building");
        assertThat(Files.readAllLines(directory.resolve("builds"))).hasSize(1);

        for (String source : List.of("src/main/A.java", "pom.xml", "postern")) {
            age(Instant.now().minusSeconds(100));
            Files.setLastModifiedTime(
                    checkout.resolve(source), FileTime.from(Instant.now().plusSeconds(1)));
            assertThat(launch(env, List.of(), "postern", "version").output())
                    .as(source)
                    .contains(BUILDING);
        }
    }

    /** What is changed while Maven runs is not in the build. */
    @Test
    void sourceThatChangesDuringABuildIsBuiltTheNextTime() throws IOException {
        Map<String, String> env = withJdk();
        Files.writeString(maven.resolve("mvn"), "touch src/main/A.java\n", java.nio.file.StandardOpenOption.APPEND);
        launch(env, List.of(), "postern", "version");
        assertThat(launch(env, List.of(), "postern", "version").output()).contains(BUILDING);
    }

    @Test
    void twoAtOnceBuildOnce() throws IOException {
        ProcessBuilder both = new ProcessBuilder("sh", "-c", "./postern version & ./postern version; wait");
        both.directory(checkout.toFile()).environment().putAll(withJdk());
        assertThat(TestingPrograms.run(both, "").exit()).isZero();
        assertThat(Files.readAllLines(directory.resolve("builds"))).hasSize(1);
    }

    @Test
    void buildThatFailsIsToldInOneLineMore() throws IOException {
        script(maven.resolve("mvn"), "echo '[ERROR] A.java:[3,1] no such thing'; echo more; exit 1\n");
        Outcome outcome = launch(withJdk(), List.of(), "postern", "version");
        assertThat(outcome.exit()).isEqualTo(111);
        assertThat(outcome.output().lines().skip(1))
                .containsExactly(
                        "postern: fatal: the build failed; its first error: [ERROR] A.java:[3,1] no such thing."
                                + " All of it: " + checkout.resolve("target/build.log"));
        assertThat(checkout.resolve("target/build.log")).content().contains("more");
    }

    @Test
    void whoMayNotWriteToTheCheckoutIsTold() throws IOException {
        Outcome outcome = launch(
                withJdk(),
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                "postern",
                "version");
        assertThat(outcome)
                .isEqualTo(new Outcome(
                        111,
                        "postern: fatal: unable to build: may not write to " + checkout.resolve("target")
                                + "; build as who owns it: " + checkout.resolve("postern") + " version\n"));
    }

    @Test
    void linkNeverBuilds() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("tcpserver"), checkout.resolve("postern"));
        assertThat(launch(withJdk(), List.of(), link.toString()))
                .isEqualTo(new Outcome(
                        111,
                        "tcpserver: fatal: Postern is not built (or not completely): run " + checkout.resolve("postern")
                                + " version\n"));
        assertThat(directory.resolve("builds")).doesNotExist();
    }

    @Test
    void jdkThatIsGoneIsToldByALinkAndReplacedByPostern() throws IOException {
        Map<String, String> env = withJdk();
        launch(env, List.of(), "postern", "version");
        Path link = Files.createSymbolicLink(directory.resolve("tcpserver"), checkout.resolve("postern"));
        Path gone = Path.of(env.get("POSTERN_JAVA_HOME"));
        remove(gone);
        assertThat(launch(env, List.of(), link.toString()))
                .isEqualTo(new Outcome(
                        111,
                        "tcpserver: fatal: the JDK that Postern was built with is gone (" + gone.resolve("bin/java")
                                + "): run " + checkout.resolve("postern") + " version\n"));
        Path other = jdk("other", "25");
        assertThat(usedBy(Map.of("POSTERN_JAVA_HOME", other.toString(), "PATH", path())))
                .isEqualTo(other);
    }

    @Test
    void jvmGetsTheProgramsNameItsArgumentsAndNoOptionsOfOthers() throws IOException {
        Map<String, String> env = new java.util.HashMap<>(withJdk());
        launch(env, List.of(), "postern", "version");
        Path link = Files.createSymbolicLink(directory.resolve("envdir"), checkout.resolve("postern"));
        env.put("JAVA_TOOL_OPTIONS", "-verbose");
        env.put("JDK_JAVA_OPTIONS", "-verbose");
        env.put("_JAVA_OPTIONS", "-verbose");
        env.put("POSTERN_PWD", "mine");
        String output = launch(env, List.of(), link.toString(), "a b", "", "c").output();
        assertThat(output)
                .contains("-Dpostern.launcher=" + checkout.resolve("postern") + "|")
                .contains("postern.jar|" + link + "|a b||c|\n")
                .doesNotContain("-verbose", "POSTERN_PWD");
    }

    /** A shell sets PWD by itself; the program sees what its caller gave. */
    @ParameterizedTest
    @ValueSource(strings = {"", "/some/where"})
    void pwdIsTheCallers(String pwd) throws IOException {
        Map<String, String> env = withJdk();
        launch(env, List.of(), "postern", "version");
        List<String> before = pwd.isEmpty() ? List.of("env", "-u", "PWD") : List.of("env", "PWD=" + pwd);
        List<String> output =
                launch(env, before, "postern", "version").output().lines().toList();
        assertThat(output.stream().filter(l -> l.startsWith("PWD=")))
                .isEqualTo(pwd.isEmpty() ? List.of() : List.of("PWD=" + pwd));
    }

    /** The real one, too: where the trial run of a build fails all works on, three times as slow to start. */
    @Test
    void buildHasAnArchiveOfItsClasses() throws IOException {
        Path launcher = TestingPrograms.links().resolve("envdir").toRealPath();
        assertThat(launcher.resolveSibling(".image/postern.aot"))
                .as(Files.readString(launcher.resolveSibling("target/train.log")))
                .isNotEmptyFile();
    }

    /** The real one: a JVM that cannot reserve its memory never starts. */
    @Test
    void memoryLimitTooSmallForAJvmIsToldInOneLine() throws IOException {
        String envdir = TestingPrograms.links().resolve("envdir").toString();
        assertThat(TestingPrograms.run(new ProcessBuilder("softlimit", "-a", "500000000", envdir), ""))
                .isEqualTo(new Outcome(
                        111,
                        "envdir: fatal: the limit of 488281 kilobytes of memory is too small for a JVM: give at least"
                                + " 1500000 (softlimit -a 1536000000)\n"));
        assertThat(TestingPrograms.run(new ProcessBuilder("softlimit", "-d", "200000000", envdir), ""))
                .isEqualTo(new Outcome(
                        111,
                        "envdir: fatal: the limit of 195312 kilobytes of memory is too small for a JVM: give at least"
                                + " 256000 (softlimit -d 262144000)\n"));
        // And with what it says, a program runs.
        Path variables = Files.createDirectory(directory.resolve("variables"));
        assertThat(TestingPrograms.run(
                        new ProcessBuilder(
                                "softlimit",
                                "-a",
                                "1536000000",
                                "-d",
                                "262144000",
                                envdir,
                                variables.toString(),
                                "echo",
                                "runs"),
                        ""))
                .isEqualTo(new Outcome(0, "runs\n"));
    }

    /** Its working directory may be a user's home. */
    @Test
    void jvmThatCrashesReportsWhereItWasTold() throws Exception {
        Path work = Files.createDirectory(directory.resolve("work"));
        Path report = directory.resolve("report");
        crash(work, Map.of());
        assertThat(work).isEmptyDirectory();
        crash(work, Map.of("POSTERN_ERROR_FILE", report.toString()));
        assertThat(work).isEmptyDirectory();
        assertThat(report).content().contains("SIGSEGV");
    }

    /** A tcpserver whose JVM ends as by a fault of its own. */
    private static void crash(Path work, Map<String, String> env) throws Exception {
        String tcpserver = TestingPrograms.links().resolve("tcpserver").toString();
        ProcessBuilder builder = new ProcessBuilder(
                        "softlimit", "-c", "0", tcpserver, "-v", "-H", "-R", "127.0.0.1", "0", "cat")
                .directory(work.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(env);
        Process process = builder.start();
        try {
            assertThat(process.errorReader().readLine()).isEqualTo("tcpserver: status: 0/40");
            TestingPrograms.succeed("kill", "-SEGV", Long.toString(process.pid()));
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(128 + 6);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void realJvmAnnouncesNoOptions() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(TestingPrograms.links().resolve("envdir").toString());
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Dx=y");
        assertThat(TestingPrograms.run(builder, "")).isEqualTo(new Outcome(111, "envdir: usage: envdir dir child\n"));
    }

    @Test
    void programThatStaysIsSeenUnderItsOwnName() throws IOException {
        String tcpserver = TestingPrograms.links().resolve("tcpserver").toString();
        Process process = new ProcessBuilder(tcpserver, "-v", "-H", "-R", "127.0.0.1", "0", "cat")
                .redirectErrorStream(true)
                .start();
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("tcpserver: status: 0/40");
            Path proc = Path.of("/proc/" + process.pid());
            assertThat(Files.readString(proc.resolve("comm"))).isEqualTo("tcpserver\n");
            assertThat(Files.readString(proc.resolve("cmdline")).replaceAll("\0+$", ""))
                    .isEqualTo(tcpserver + "\0-v\0-H\0-R\000127.0.0.1\0000\0cat");
            assertThat(TestingPrograms.succeed("pidof", "tcpserver").split("\\s+"))
                    .contains(Long.toString(process.pid()));
        } finally {
            process.destroy();
        }
    }

    /** Between two renames of a build, where mv cannot exchange. */
    @Test
    void aProgramStartedWhileTheImageIsReplacedWaitsForIt() throws IOException {
        Map<String, String> env = withJdk();
        launch(env, List.of(), "postern", "version");
        Path image = checkout.resolve(".image");
        Path away = Files.move(image, checkout.resolve(".image.away"));
        Path link = Files.createSymbolicLink(directory.resolve("qmail-popup"), checkout.resolve("postern"));
        ProcessBuilder builder = new ProcessBuilder(link.toString()).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(env);
        builder.redirectErrorStream(true);
        Process process = builder.start();
        await().until(() -> process.descendants()
                .anyMatch(child -> child.info().command().orElse("").endsWith("/sleep")));
        Files.move(away, image);
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .doesNotContain("not built")
                .contains("-jar");
    }

    /** Which JDK a build took. */
    private Path usedBy(Map<String, String> env) throws IOException {
        remove(checkout.resolve(".image"));
        Files.deleteIfExists(directory.resolve("builds"));
        launch(env, List.of(), "postern", "version");
        String build = Files.readString(directory.resolve("builds")).strip();
        return Path.of(build.substring("mvn with ".length()));
    }

    private Map<String, String> withJdk() throws IOException {
        return Map.of("POSTERN_JAVA_HOME", jdk("a jdk", "25.0.3").toString(), "PATH", path());
    }

    private String path() {
        return maven + ":/usr/bin:/bin";
    }

    /** A JDK's directory whose java tells its arguments and environment. */
    private Path jdk(String name, String version) throws IOException {
        Path jdk = directory.resolve(name);
        Files.createDirectories(jdk.resolve("bin"));
        script(jdk.resolve("bin/javac"), "exit 1\n");
        // No shell: it would set PWD.
        Path java = Files.writeString(jdk.resolve("bin/java"), """
                #!/usr/bin/python3 -SE
                import os, sys
                print("java " + "".join(a + "|" for a in sys.argv[1:]))
                print("".join("%s=%s\\n" % v for v in os.environ.items()))
                """);
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return jdk;
    }

    /** A command line that takes the machine's JDKs out of sight first. */
    private static List<String> hiding(String then) {
        return List.of(
                "unshare",
                "-m",
                "sh",
                "-c",
                "mount -t tmpfs none /usr/lib/jvm && for d in /usr/java /opt; do [ ! -d $d ] || mount -t tmpfs none $d;"
                        + " done && " + then + "exec \"$@\"",
                "sh");
    }

    /** Runs the checkout's launcher, or a link to it, with this environment alone. */
    private Outcome launch(Map<String, String> env, List<String> before, String... command) throws IOException {
        List<String> words = new ArrayList<>(before);
        words.addAll(List.of(command));
        int program = before.size();
        if (words.get(program).equals("postern")) {
            words.set(program, checkout.resolve("postern").toString());
        }
        ProcessBuilder builder = new ProcessBuilder(words).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(env);
        return TestingPrograms.run(builder, "");
    }

    private void age(Instant when) throws IOException {
        for (String source : List.of("src/main/A.java", "src/main", "pom.xml", "postern")) {
            Files.setLastModifiedTime(checkout.resolve(source), FileTime.from(when));
        }
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void remove(Path path) throws IOException {
        TestingPrograms.succeed("rm", "-rf", path.toString());
    }
}
