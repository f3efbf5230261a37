package io.lockstep.security;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The tokens that a server accepts, from a file that is read again when it is replaced. A line is
 * {@code SCOPES NAME SHA256}: scopes with commas between them, the name that workers may join under
 * ({@code *} for any), and the SHA-256 of the token as {@code lockstep token} prints it, so that
 * whoever reads the file can't use it. Empty lines and those that begin with {@code #} say nothing.
 */
public final class AcceptedTokens {

  private static final Pattern LINE = Pattern.compile("(\\S+)\\s+(\\S+)\\s+([0-9a-f]{64})");

  private final WatchedFile<List<Line>> lines;

  private record Line(Grant grant, String digest) {}

  private AcceptedTokens(WatchedFile<List<Line>> lines) {
    this.lines = lines;
  }

  /**
   * Reads a file of tokens.
   *
   * @throws CredentialException naming the first line that is none
   */
  public static AcceptedTokens of(Path file) {
    return new AcceptedTokens(new WatchedFile<>(file, text -> parse(file, text)));
  }

  private static List<Line> parse(Path file, String text) {
    List<Line> lines = new ArrayList<>();
    List<String> all = text.lines().map(String::strip).toList();
    for (int number = 1; number <= all.size(); number++) {
      String line = all.get(number - 1);
      if (!line.isEmpty() && !line.startsWith("#")) {
        var parts = LINE.matcher(line);
        if (!parts.matches()) {
          throw new CredentialException(
              "%s:%d: write 'SCOPES NAME SHA256', as 'lockstep token' prints it"
                  .formatted(file, number));
        }
        Set<Scope> scopes = scopes(parts.group(1), file + ":" + number);
        lines.add(new Line(new Grant(scopes, parts.group(2)), parts.group(3)));
      }
    }
    if (lines.isEmpty()) {
      throw new CredentialException(
          file + " names no token: add one with 'lockstep token --accept " + file + "'");
    }
    return List.copyOf(lines);
  }

  /**
   * The scopes in a text with commas between them.
   *
   * @param where for messages
   * @throws CredentialException naming the one that doesn't exist
   */
  public static Set<Scope> scopes(String text, String where) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String each : text.split(",", -1)) {
      scopes.add(
          Scope.parse(each)
              .orElseThrow(() ->
                  new CredentialException(
                      "%s: '%s' is no scope: write train, infer or admin, with commas between them"
                          .formatted(where, each))));
    }
    return scopes;
  }

  /** The line of a file of tokens for one of them. */
  public static String line(Set<Scope> scopes, String name, String token) {
    return "%s %s %s"
        .formatted(
            String.join(",", EnumSet.copyOf(scopes).stream().map(Scope::text).toList()),
            name,
            digest(token));
  }

  /** What a token allows; empty if it isn't accepted. Takes the same time for every token. */
  public Optional<Grant> grant(String token) {
    byte[] digest = digest(token).getBytes(StandardCharsets.US_ASCII);
    Optional<Grant> found = Optional.empty();
    for (Line line : lines.value()) {
      if (MessageDigest.isEqual(line.digest().getBytes(StandardCharsets.US_ASCII), digest)) {
        found = Optional.of(line.grant());
      }
    }
    return found;
  }

  private static String digest(String token) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
