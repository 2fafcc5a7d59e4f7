package org.postern.tool;
import org.postern.chain.Env; import picocli.CommandLine.Command; import java.util.concurrent.Callable;
/** TEMP. */ @Command(name="serve") final class Serve implements Callable<Integer> { Serve(Env e, Tools t) {} public Integer call() { return 0; } }
