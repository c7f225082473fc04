# Easel for a class: CPU only, as nobody in particular, on a file system that cannot be written but for /data.
#   docker build -t easel . && docker run --rm -p 7860:7860 --read-only --tmpfs /data:uid=10001,mode=0700 easel
# Several of them behind one address: deploy/compose.yaml.
FROM python:3.11-slim

WORKDIR /easel
COPY requirements.lock ./
# PyTorch's own index has wheels without CUDA, 200 MB instead of 3 GB; its versions are those of the lock's header.
RUN pip install --no-cache-dir --require-hashes -r requirements.lock \
 && pip install --no-cache-dir --no-deps --index-url https://download.pytorch.org/whl/cpu torch==2.15.0 torchvision==0.29.2
COPY app.py ./
COPY core core
COPY viz viz
COPY assets assets
COPY checkpoints checkpoints

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin easel && mkdir -m 0700 /data && chown easel /data
USER 10001
VOLUME /data
# All that is written: temporary files, trainings, and what libraries keep in a home.
ENV HOME=/data TMPDIR=/data EASEL_RUNS=/data/runs PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860
EXPOSE 7860
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["python", "app.py", "--status"]
