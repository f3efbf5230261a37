package io.lockstep.model.config;

import java.util.Set;

/**
 * Keys of {@code config.json} that change nothing in what a model computes, wherever they stand:
 * the file, its {@code text_config} and its {@code vision_config} are all written by one class of
 * the public library, which stores what it has, and by tools that add notes of their own.
 */
public final class InertKeys {

  private static final Set<String> ANYWHERE =
      Set.of(
          // Who wrote it, for what class, in which type; the weights' files tell their own type.
          "architectures",
          "dtype",
          "name_or_path",
          "torch_dtype",
          "transformers_version",
          "unsloth_fixed",
          "unsloth_version",
          // How another library is to compute the same.
          "attn_implementation",
          "experts_implementation",
          "chunk_size_feed_forward",
          "initializer_range",
          "output_attentions",
          "output_hidden_states",
          "return_dict",
          "torchscript",
          "use_bfloat16",
          "use_cache",
          // Tasks other than text: labels of classes, encoders, cross attention.
          "add_cross_attention",
          "cross_attention_hidden_size",
          "finetuning_task",
          "id2label",
          "is_decoder",
          "is_encoder_decoder",
          "label2id",
          "num_labels",
          "problem_type",
          "task_specific_params",
          "tf_legacy_loss",
          "tie_encoder_decoder",
          // Ends, padding and sampling: generation_config.json says them.
          "assistant_confidence_threshold",
          "assistant_lookbehind",
          "bad_words_ids",
          "begin_suppress_tokens",
          "bos_token_id",
          "decoder_start_token_id",
          "diversity_penalty",
          "do_sample",
          "early_stopping",
          "encoder_no_repeat_ngram_size",
          "encoder_repetition_penalty",
          "eos_token_id",
          "epsilon_cutoff",
          "eta_cutoff",
          "exponential_decay_length_penalty",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "length_penalty",
          "max_length",
          "max_new_tokens",
          "min_length",
          "no_repeat_ngram_size",
          "num_assistant_tokens",
          "num_assistant_tokens_schedule",
          "num_beam_groups",
          "num_beams",
          "num_return_sequences",
          "output_scores",
          "pad_token_id",
          "prefix",
          "remove_invalid_values",
          "repetition_penalty",
          "return_dict_in_generate",
          "sep_token_id",
          "suppress_tokens",
          "target_lookbehind",
          "temperature",
          "tokenizer_class",
          "top_k",
          "top_p",
          "typical_p");

  private InertKeys() {}

  /** Whether a key is one of them; a leading underscore marks what a library notes for itself. */
  public static boolean contains(String key) {
    return key.startsWith("_") || ANYWHERE.contains(key);
  }
}
