package org.postern.tool;

import java.nio.file.FileSystemException;
import java.util.List;
import org.postern.chain.Env;
import org.postern.os.Errno;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** postern COMMAND: Postern's own commands. The recipe's programs are called by their own names. */
@Command(
        name = "postern",
        description = "POP before SMTP: the programs of the qmail recipe, and one server.",
        mixinStandardHelpOptions = true,
        versionProvider = PosternCommand.Version.class)
final class PosternCommand {
    /** A misused command line; what cannot be done now ends with 111. */
    private static final int MISUSED = 100;

    private static final int FAILED = 111;

    private PosternCommand() {}

    static int run(List<String> arguments, Env env, Tools tools) {
        CommandLine line = new CommandLine(new PosternCommand());
        line.addSubcommand(new Serve(env, tools));
        line.addSubcommand(new Init(ConfigFile.runner(env, tools.self()), tools.self(), tools.launcher()));
        line.addSubcommand(new CheckConfig(ConfigFile.runner(env, tools.self())));
        line.addSubcommand(new ShowConfig(ConfigFile.runner(env, tools.self())));
        line.addSubcommand(new ReloadCommand(ConfigFile.runner(env, tools.self())));
        line.addSubcommand(QueueCommand.line(env, tools.self()));
        line.addSubcommand(new Links(tools.launcher()));
        line.addSubcommand(new SetupRecipe(tools.launcher()));
        line.addSubcommand("version", new VersionCommand());
        line.addSubcommand(new DkimKeyCommand());
        line.addSubcommand(new Train(tools));
        line.setExecutionExceptionHandler((e, failed, parsed) -> {
            failed.getErr().println(failed.getCommandSpec().qualifiedName() + ": fatal: " + words(e));
            return FAILED;
        });
        misuseOf(line);
        if (arguments.isEmpty()) {
            line.usage(System.err);
            return MISUSED;
        }
        return line.execute(arguments.toArray(String[]::new));
    }

    private static void misuseOf(CommandLine line) {
        line.getCommandSpec().exitCodeOnInvalidInput(MISUSED);
        line.getSubcommands().values().forEach(PosternCommand::misuseOf);
    }

    /** Java's exceptions of files say the file alone: with what is wrong with it. */
    private static String words(Exception e) {
        return e instanceof FileSystemException fs && fs.getFile() != null
                ? Errno.djbTextWithFile(fs)
                : String.valueOf(e.getMessage());
    }

    /** The version, as the archive says it. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = PosternCommand.class.getPackage().getImplementationVersion();
            return new String[] {
                "postern " + (version == null ? "(not packaged)" : version) + ", Java " + Runtime.version()
            };
        }
    }

    /** postern version: also the way to have all built. */
    @Command(name = "version", description = "Prints the version (and builds, where the sources are newer).")
    static final class VersionCommand implements java.util.concurrent.Callable<Integer> {
        @Override
        public Integer call() {
            System.out.println(new Version().getVersion()[0]);
            return 0;
        }
    }
}
