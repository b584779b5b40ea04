"""Typeset the equations of the models' pages: `python docs/equations.py` writes pictures of them.

They are SVG files, so that pages show them offline and in a repository's browser alike.
"""

import pathlib

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

PLACE = pathlib.Path(__file__).parent / "figures" / "equations"
STYLE = {"svg.fonttype": "path", "svg.hashsalt": "zoo", "mathtext.fontset": "cm"}
LINE, WIDTH, TEXT = 0.5, 7.6, 0.57  # inches a line and in all; where the words begin
READOUT = (
    r"$p(y_t) = \mathrm{softmax}\,(W_o \tanh(W_r\,[s_t;\ e(y_{t-1})]))$",
    "the token, read from state and embedding",
)
READOUT_WITH_CONTEXT = (
    r"$p(y_t) = \mathrm{softmax}\,(W_o \tanh(W_r\,[s_t;\ e(y_{t-1});\ c_t]))$",
    "read from state, embedding and context",
)
ADDITIVE = (
    r"$\alpha_{tj} = \mathrm{softmax}_j\ \, v^\top \tanh(W s_{t-1} + U h_j + b)$",
    "how well position j fits the state",
)
BIDIRECTIONAL = (
    r"$h_j = [\overrightarrow{\mathrm{RNN}}(x_{1 \ldots j});\ "
    r"\overleftarrow{\mathrm{RNN}}(x_{n \ldots j})]$",
    "both directions, joined",
)
EQUATIONS = {
    "controller": [
        (r"$e_t = \mathrm{ReLU}(W_e\, x_t + b_e)$", "what is measured now"),
        (r"$h_t = \mathrm{LSTM}(e_t,\ h_{t-1})$", "and what was seen before"),
        (r"$l_t = W\, h_t + b$", "numbers, or logits of choices"),
        (
            r"$a_t = \mathrm{argmax}_i\ l_{t,i}, \quad x_{t+1} = \mathrm{world}(a_t)$",
            "in the loop: what is done decides what is seen",
        ),
        (
            r"$L = -\sum_t w_t\, \log p(a^*_t \mid x_{1 \ldots t})$",
            "the expert's action where the network drove",
        ),
    ],
    "draw": [
        (
            r"$r_t = \mathrm{read}(x,\ x - \sigma(c_{t-1});\ w_t)$",
            "picture and error under the window",
        ),
        (
            r"$\mu_t,\ \sigma_t = W_q\ \mathrm{LSTM}_e([r_t;\ h^d_{t-1}],\ h^e_{t-1})$",
            "the posterior of the stroke",
        ),
        (r"$z_t \sim \mathcal{N}(\mu_t,\ \sigma_t^2)$", "a latent vector, drawn"),
        (r"$h^d_t = \mathrm{LSTM}_d(z_t,\ h^d_{t-1})$", "its state also places the windows"),
        (r"$c_t = c_{t-1} + \mathrm{write}(W_w h^d_t)$", "a patch is added to the canvas"),
        (
            r"$F_{ia} \propto \exp(-(a - g - (i - \frac{N+1}{2})\,\delta)^2 / 2 s^2)$",
            "filter i of N: centre g, stride \u03b4",
        ),
        (
            r"$L = -\log p(x\,|\,c_T) + \sum_t \mathrm{KL}(q_t \,\|\, \mathcal{N}(0, 1))$",
            "the bound, in nats",
        ),
    ],
    "image_classifier": [
        (
            r"$a_k = \mathrm{ReLU}(\mathrm{BN}(W_k * a_{k-1}))$",
            "a convolution: the same weights everywhere",
        ),
        (r"$\hat{a}_k = \max_{2 \times 2}\ a_k$", "after each two of them, half the size"),
        (r"$v = \mathrm{ReLU}(W \hat{a} + b)$", "a dense layer over all that is left"),
        (r"$p(\mathrm{label}) = \mathrm{softmax}\,(W_o v + b_o)$", "logits before the softmax"),
    ],
    "row_classifier": [
        (r"$h_t = \mathrm{LSTM}(x_t,\ h_{t-1})$", "row t of the picture, from top to bottom"),
        (
            r"$p(\mathrm{label}) = \mathrm{softmax}\,(W_o h_H + b_o)$",
            "from the state after the last row",
        ),
    ],
    "rnn_classifier": [
        BIDIRECTIONAL,
        (r"$v = \max_j\, h_j$", "pooling; or the mean, the last state,"),
        (
            r"$v = \sum_j \alpha_j h_j,\quad \alpha = \mathrm{softmax}\ u^\top \tanh(W h_j + b)$",
            "or attention",
        ),
        (r"$p(\mathrm{label}) = \mathrm{softmax}\,(W_o v + b_o)$", "logits before the softmax"),
    ],
    "bag_of_words_classifier": [
        (r"$v = \frac{1}{n} \sum_{j=1}^{n} e(x_j)$", "mean of the embeddings"),
        (
            r"$p(\mathrm{label}) = \mathrm{softmax}\,(W_o\, \mathrm{ReLU}(W v + b) + b_o)$",
            "dense layers",
        ),
    ],
    "rnn_forecaster": [
        (
            r"$h_t = \mathrm{GRU}([m_t x_t;\ m_t (y_t - y_T);\ m_t],\ h_{t-1})$",
            "m marks what was observed",
        ),
        (r"$c_k = W_k h_T + b_k$", "a context for step k of the horizon"),
        (
            r"$z_k = W_o\, \mathrm{ReLU}(W_h\,[c_k;\ u_k] + b_h) + b_o$",
            "with what is known of it, all at once;",
        ),
        (
            r"$s_k = \mathrm{GRU}([h_T;\ u_k;\ z_{k-1}],\ s_{k-1}), \quad z_k = W_s s_k$",
            "or each from the forecast before it",
        ),
        (
            r"$\hat{y}_k^{0.5} = y_T + A_k\,x_{T-5 \ldots T} + z_k^{0.5}$",
            "last value, last steps, what is learned",
        ),
        (
            r"$\hat{y}_k^{0.9} = \hat{y}_k^{0.5} + \log(1 + e^{z_k^{0.9}})$",
            "other quantiles: steps that cannot cross",
        ),
        (
            r"$L = \sum_{k,q} \max(q\,e_k^q,\ (q - 1)\,e_k^q), \ e_k^q = y_{T+k} - \hat{y}_k^q$",
            "pinball loss",
        ),
    ],
    "rnn_language_model": [
        (
            r"$h^1_t = \mathrm{LSTM}(e(x_t),\ h^1_{t-1})$",
            "the first layer reads the token",
        ),
        (
            r"$h^l_t = \mathrm{LSTM}(h^{l-1}_t,\ h^l_{t-1})$",
            "each other one reads the layer below",
        ),
        (
            r"$p(x_{t+1} \mid x_1 \ldots x_t) = \mathrm{softmax}\,(W_o\, h^L_t + b_o)$",
            "the token after; tied: W is the embedding",
        ),
        (
            r"$\mathcal{L} = -\frac{1}{n} \sum_t\ \log p(x_{t+1} \mid x_1 \ldots x_t)$",
            "nats a token",
        ),
        (
            r"$\mathrm{bits} = \mathcal{L} \,/ \log 2,\quad"
            r"\mathrm{perplexity} = \exp \mathcal{L}$",
            "the same loss in other units",
        ),
    ],
    "rnn_frame_model": [
        (r"$h_t = \mathrm{LSTM}(x_t,\ h_{t-1})$", "the keys of frame t, 0 or 1"),
        (r"$z_t = W_o\,[h_t;\ x_t] + b_o$", "from the state and the frame itself"),
        (r"$p(x_{t+1,k} = 1 \mid x_1 \ldots x_t) = \sigma(z_{tk})$", "each key by itself"),
        (
            r"$\mathcal{L} = -\frac{1}{T} \sum_t \sum_k\ \log p(x_{t+1,k} \mid x_1 \ldots x_t)$",
            "nats a frame",
        ),
    ],
    "seq2seq": [
        (r"$h_j = \mathrm{LSTM}(e(x_j),\ h_{j+1})$", "the source, from the end to the beginning"),
        (r"$s_0 = h_1$", "all that the decoder knows of it"),
        (r"$s_t = \mathrm{LSTM}(e(y_{t-1}),\ s_{t-1})$", "a step of the decoder"),
        READOUT,
    ],
    "bahdanau_seq2seq": [
        BIDIRECTIONAL,
        ADDITIVE,
        (r"$c_t = \sum_j \alpha_{tj} h_j$", "the context"),
        (
            r"$s_t = \mathrm{GRU}([e(y_{t-1});\ c_t],\ s_{t-1})$",
            "the context is an input",
        ),
        READOUT_WITH_CONTEXT,
    ],
    "luong_seq2seq": [
        BIDIRECTIONAL,
        (r"$s_t = \mathrm{LSTM}(e(y_{t-1}),\ s_{t-1})$", "a step knows no context"),
        (r"$\alpha_{tj} = \mathrm{softmax}_j\ \, s_t^\top W h_j$", "score “general”"),
        (r"$c_t = \sum_j \alpha_{tj} h_j$", "the context"),
        (
            r"$p(y_t) = \mathrm{softmax}\,(W_o \tanh(W_r\,[s_t;\ c_t]))$",
            "read from state and context",
        ),
    ],
    "show_and_tell": [
        (r"$x_0 = W \cdot \mathrm{mean}\,(\mathrm{CNN}(I))$", "the picture as wide as a word"),
        (r"$s_0 = \mathrm{LSTM}(x_0,\ 0)$", "its only look at it"),
        (r"$s_t = \mathrm{LSTM}(e(y_{t-1}),\ s_{t-1})$", "then word by word"),
        READOUT,
    ],
    "show_attend_and_tell": [
        (r"$h_1 \ldots h_{L} = \mathrm{CNN}(I)$", "a vector for each of L positions"),
        ADDITIVE,
        (
            r"$c_t = \sigma(w_\beta^\top s_{t-1} + b_\beta)\ \sum_j \alpha_{tj} h_j$",
            "context, and the gate of the state",
        ),
        (r"$s_t = \mathrm{LSTM}([e(y_{t-1});\ c_t],\ s_{t-1})$", "a step of the decoder"),
        READOUT_WITH_CONTEXT,
        (
            r"$\mathcal{L} = -\sum_t \log p(y_t) + \lambda \sum_j (1 - \sum_t \alpha_{tj})^2$",
            "every position gets its share",
        ),
    ],
    "recurrent_attention": [
        (r"$g_t = f_g(\mathrm{patches}(I,\ l_t),\ l_t)$", "a glimpse: what is there, and where"),
        (r"$h_t = \mathrm{ReLU}(W g_t + U h_{t-1} + b)$", "the recurrent layer reads it"),
        (
            r"$\mu_{t+1} = \tanh(f_l(h_t)),\quad l_{t+1} \sim \mathcal{N}(\mu_{t+1},\ \sigma^2)$",
            "where to look next, drawn in training",
        ),
        (r"$p(\mathrm{label}) = \mathrm{softmax}\,(W_o h_T + b_o)$", "after the last glimpse"),
        (
            r"$\mathcal{L} = -\log p(\mathrm{label}) - \sum_t (R - b_t) \log p(l_t)"
            r" + \sum_t (R - b_t)^2$",
            "R is what was gained, or 1 if right; b its baseline",
        ),
    ],
    "multi_object_attention": [
        (r"$h^2_0 = \tanh(W\, \mathrm{CNN}(\mathrm{coarse}\ I))$", "what there is, roughly"),
        (r"$l_t \sim \mathcal{N}(\tanh(f_l(h^2_{t-1})),\ \sigma^2)$", "the upper layer says where"),
        (
            r"$g_t = \mathrm{CNN}(\mathrm{patches}(I,\ l_t)) \odot f_w(l_t)$",
            "a glimpse: what times where",
        ),
        (
            r"$h^1_t = \mathrm{LSTM}(g_t,\ h^1_{t-1}),"
            r"\quad h^2_t = \mathrm{LSTM}(h^1_t,\ h^2_{t-1})$",
            "the lower reads, the upper follows",
        ),
        (
            r"$p(y_s) = \mathrm{softmax}\ f_o(h^1_{s n})$",
            "a label after every n glimpses",
        ),
        (
            r"$R_t = \sum_{s n \geq t} [\,y_s\ \mathrm{right}\,]$",
            "reward: labels read from here on",
        ),
    ],
    "video_classifier": [
        (
            r"$f_t = \mathrm{ReLU}(W\, \mathrm{norm}(\mathrm{CNN}(x_t)) + b)$",
            "each frame by itself",
        ),
        (r"$h_t = \mathrm{LSTM}(f_t,\ h_{t-1})$", "the frames so far"),
        (
            r"$p(y_t \mid x_{1 \ldots t}) = \mathrm{softmax}\,(V h_t + c)$",
            "a label for each frame, live,",
        ),
        (
            r"$p(y \mid x_{1 \ldots n}) = "
            r"\mathrm{softmax}\,(V\, \mathrm{pool}_{t \leq n}\, h_t + c)$",
            "or one for the clip of n frames",
        ),
    ],
    "wakeword_detector": [
        (r"$E_{tm} = \mathrm{mel}_m\, |\mathrm{FFT}(\mathrm{frame}_t)|^2$", "energies of 40 bands"),
        (r"$M_{tm} = (1 - a)\, M_{t-1,m} + a\, E_{tm}$", "the level of a band so far"),
        (
            r"$P_{tm} = (E_{tm} \,/\, M_{tm}^{0.98} + 2)^{1/2} - 2^{1/2}$",
            "against it (PCEN)",
        ),
        (
            r"$s_t = \mathrm{GRU}(\mathrm{ReLU}(W * [\log E;\ P]_{t-3 \ldots t}),\ s_{t-1})$",
            "looks back, never ahead",
        ),
        (r"$p(\mathrm{phrase\ ends\ at\ } t) = \sigma(w^\top s_t + b)$", "a logit every 10 ms"),
    ],
}


def write(name, lines):
    """Write the equations of one model, each with its words beside it."""
    height = LINE * len(lines) + 0.15
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=(WIDTH, height))
        for number, (equation, words) in enumerate(lines):
            y = 1 - (LINE * (number + 0.5) + 0.075) / height
            figure.text(0.01, y, equation, fontsize=13, va="center", color="#24292f")
            figure.text(TEXT, y, words, fontsize=9.5, va="center", color="#57606a")
        path = PLACE / f"{name}_equations.svg"
        figure.savefig(path, facecolor="white", metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    for name, lines in EQUATIONS.items():
        write(name, lines)
