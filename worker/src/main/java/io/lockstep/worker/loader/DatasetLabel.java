package io.lockstep.worker.loader;

import io.lockstep.data.conversation.TokenKind;
import java.util.ArrayList;
import java.util.List;

/**
 * What a dataset is called in metrics.
 *
 * @param byKind whether the tokens of its dense answers are told apart by kind
 */
public record DatasetLabel(String name, boolean byKind) {

  /** The key of its mean loss. */
  public String loss() {
    return name + "_loss";
  }

  /** The key of the share of its supervised tokens that are predicted right. */
  public String tokenAcc() {
    return name + "_token_acc";
  }

  /** The key of the same share of its tokens of a kind. */
  public String tokenAcc(TokenKind kind) {
    return name + "_" + kind.label() + "_token_acc";
  }

  /** All of its keys. */
  public List<String> keys() {
    List<String> keys = new ArrayList<>(List.of(loss(), tokenAcc()));
    if (byKind) {
      for (TokenKind kind : TokenKind.values()) {
        keys.add(tokenAcc(kind));
      }
    }
    return keys;
  }
}
