package io.lockstep.cli.command;

import io.lockstep.cli.console.UserError;
import io.lockstep.worker.Worker;
import io.lockstep.worker.train.Directive;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep worker start}. */
@Command(name = "start", description = "Joins a coordinator's run and trains until it ends.")
final class WorkerStartCommand implements Callable<Integer> {

  @Option(
      names = "--coordinator",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the coordinator listens.")
  private String coordinator = "";

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "Address by which other workers reach this one (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of tensor operations (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name in the run (default: host name and process id).")
  private @Nullable String name;

  @Override
  public Integer call() throws Exception {
    String chosen = name == null ? defaultName() : name;
    Directive.Stop end = new Worker(new Worker.Options(coordinator, host, threads, chosen)).run();
    if (!end.finished()) {
      throw new UserError(end.reason());
    }
    System.out.println(end.reason());
    return 0;
  }

  private static String defaultName() throws UnknownHostException {
    return InetAddress.getLocalHost().getHostName() + "/" + ProcessHandle.current().pid();
  }
}
