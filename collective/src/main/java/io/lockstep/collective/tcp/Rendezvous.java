package io.lockstep.collective.tcp;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.CollectiveException;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Collects the connections of one generation until every peer has one. Thread-safe. */
final class Rendezvous {

  private final RunToken token;
  private final long generation;
  private final int rank;
  private final List<Peer> peers;
  private final TcpOptions options;
  private final CompletableFuture<List<PeerLink>> complete = new CompletableFuture<>();
  private final TreeMap<Integer, PeerLink> links = new TreeMap<>();

  /**
   * @param peers all ranks in rank order, this one too
   */
  Rendezvous(RunToken token, long generation, int rank, List<Peer> peers, TcpOptions options) {
    this.token = token;
    this.generation = generation;
    this.rank = rank;
    this.peers = peers;
    this.options = options;
    if (peers.size() == 1) {
      complete.complete(List.of());
    }
  }

  long generation() {
    return generation;
  }

  /** The secret by which members know each other. */
  RunToken token() {
    return token;
  }

  /** What this rank says to a lower one that it has reached. */
  Hello helloTo(Peer lower, Challenge challenge) {
    return Hello.to(challenge, token, generation, rank, lower.rank(), peers.size());
  }

  /** What proves to whoever greets that this rank knows the secret, too. */
  Proof answerTo(Greeting greeting) {
    return greeting.hello().answer(greeting.challenge(), token);
  }

  /** Whether a hello of this rank's was answered by one that knows the secret. */
  boolean isAnswer(Proof proof, Hello hello, Challenge challenge) {
    return hello.answer(challenge, token).matches(proof);
  }

  /** Why a connection that arrived is not one of this world's, or null if it is. */
  synchronized @Nullable String objectionTo(Greeting greeting) {
    Hello hello = greeting.hello();
    Peer self = peers.get(rank);
    if (!greeting.isBy(token)) {
      return self + " runs with another token, or was sent a greeting that is repeated";
    }
    if (hello.version() != Hello.VERSION) {
      return "%s speaks protocol version %d, not %d; start all workers from one release"
          .formatted(self, Hello.VERSION, hello.version());
    }
    if (hello.generation() != generation) {
      return "%s is in generation %d, not %d".formatted(self, generation, hello.generation());
    }
    if (hello.toRank() != rank) {
      return "%s is not rank %d".formatted(self, hello.toRank());
    }
    if (hello.worldSize() != peers.size()) {
      return "%s is in a world of %d, not %d".formatted(self, peers.size(), hello.worldSize());
    }
    if (hello.fromRank() <= rank || hello.fromRank() >= peers.size()) {
      return "%s awaits no connection from rank %d".formatted(self, hello.fromRank());
    }
    if (links.containsKey(hello.fromRank())) {
      return "%s has a connection from rank %d already".formatted(self, hello.fromRank());
    }
    return complete.isDone() ? self + " has stopped connecting" : null;
  }

  /**
   * Makes a channel the link to a peer.
   *
   * @return null if the rendezvous is over or the peer has a link, then the channel is to be closed
   */
  synchronized @Nullable PeerLink link(int from, Channel channel) {
    if (complete.isDone() || links.containsKey(from)) {
      return null;
    }
    PeerLink link = new PeerLink(rank, peers.get(from), generation, channel, options);
    links.put(from, link);
    return link;
  }

  /** To be called after a link's handler is in place. */
  synchronized void linked() {
    if (links.size() == peers.size() - 1) {
      complete.complete(List.copyOf(links.values()));
    }
  }

  /** Runs {@code closing} when the rendezvous fails, at once if it has. */
  void onFailure(Runnable closing) {
    var _ =
        complete.whenComplete((links, failure) -> {
          if (failure != null) {
            closing.run();
          }
        });
  }

  /** Ends the wait because a peer cannot be reached or refuses. */
  void fail(Peer peer, String reason, @Nullable Throwable cause) {
    complete.completeExceptionally(
        new CollectiveException(
            rank, peer.rank(), 0, 0, "generation " + generation + ": " + reason, cause));
  }

  /** Ends the wait from outside. */
  void abort(String reason) {
    complete.completeExceptionally(
        new AbortedException(
            rank,
            CollectiveException.NO_PEER,
            0,
            "connecting generation " + generation + " was aborted: " + reason,
            null));
  }

  /**
   * Waits for all links, in rank order; on failure closes those there are.
   *
   * @throws CollectiveException naming the ranks that are missing after {@code timeout}
   */
  List<PeerLink> await(Duration timeout) {
    try {
      return complete.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      complete.completeExceptionally(timedOut(timeout));
    } catch (InterruptedException e) {
      abort("the calling thread was interrupted");
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      // Thrown below, like the failures just set.
    }
    return linksOrFailure();
  }

  private List<PeerLink> linksOrFailure() {
    return switch (complete.state()) {
      case SUCCESS -> complete.resultNow();
      case FAILED -> {
        closeLinks();
        throw complete.exceptionNow() instanceof CollectiveException failure
            ? failure
            : new IllegalStateException("unforeseen failure", complete.exceptionNow());
      }
      case CANCELLED, RUNNING -> throw new IllegalStateException("a rendezvous ends once awaited");
    };
  }

  private synchronized void closeLinks() {
    for (PeerLink link : links.values()) {
      link.shutDown("generation " + generation + " was not completed").join();
      link.free();
    }
  }

  /** Ranks that there is no connection with yet. */
  List<Integer> missing() {
    return missingPeers().stream().map(Peer::rank).toList();
  }

  private synchronized List<Peer> missingPeers() {
    List<Peer> missing = new ArrayList<>(peers);
    missing.removeIf(peer -> peer.rank() == rank || links.containsKey(peer.rank()));
    return missing;
  }

  private CollectiveException timedOut(Duration timeout) {
    List<Peer> missing = missingPeers();
    return new CollectiveException(
        rank,
        missing.isEmpty() ? CollectiveException.NO_PEER : missing.getFirst().rank(),
        0,
        0,
        "generation %d: %s not connected within %s; see their logs, or raise the connect timeout"
            .formatted(generation, missing, timeout),
        null);
  }
}
